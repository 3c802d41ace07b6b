//! Every order of a fault, a read, a remap, a close and changes of the file, with the code of the slot over a model of the
//! kernel. Whole operations alternate, since the section lets none begin before another has ended; what a reader does
//! outside of the section is in steps of its own.

use std::cell::{Cell, RefCell};

use super::*;

const PAGE: usize = 16 << 10;
const BASE: usize = 1 << 30;
const LENGTH: usize = 2 * PAGE - 5;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Page {
    File,
    Zeros,
}

/// A file of two pages, mapped at `BASE`.
struct Model {
    pages: RefCell<[Page; 2]>,
    there: Cell<usize>,
    private: bool,
}

impl Kernel for Model {
    fn is_there(&self, address: usize) -> bool {
        let page = (address - BASE) / PAGE;
        self.pages.borrow()[page] == Page::Zeros || page < self.there.get()
    }

    unsafe fn map_zeros(&self, range: Range<usize>, _writable: bool) -> Result<(), Errno> {
        assert!(range.start >= BASE && range.end <= BASE + 2 * PAGE && range.start % PAGE == 0);
        self.pages.borrow_mut()[(range.start - BASE) / PAGE..(range.end - BASE) / PAGE].fill(Page::Zeros);
        Ok(())
    }

    unsafe fn map_again(&self, _start: usize, length: usize, target: Option<usize>) -> Result<usize, Errno> {
        let Some(target) = target else {
            return if self.private { Err(Errno(libc::EINVAL)) } else { Ok(1 << 31) };
        };
        let first = (target - BASE) / PAGE;
        self.pages.borrow_mut()[first..first + length / PAGE].fill(Page::File);
        Ok(target)
    }

    unsafe fn unmap(&self, _start: usize, _length: usize) {}
}

/// What one thread does, in order.
const THREADS: [&[&str]; 4] = [
    &["start", "read 1", "end"],
    &["touch 1", "touch 0"],
    &["cut 0", "cut 1", "grow"],
    &["closing", "not closing", "remap"],
];

struct Run {
    slot: Slot,
    model: Model,
    seen: Option<u64>,
    read_zeros: bool,
}

impl Run {
    /// Accesses a page, calling the handler if the page is gone, and returns what is there then.
    fn touch(&self, page: usize) -> Page {
        if self.model.pages.borrow()[page] == Page::File && page >= self.model.there.get() {
            assert_eq!(self.slot.fault(BASE + page * PAGE + 7, &self.model), Answer::Replaced);
            assert_eq!(self.model.pages.borrow()[page], Page::Zeros);
        }
        self.model.pages.borrow()[page]
    }

    fn step(&mut self, step: &str) {
        match step {
            "start" => self.seen = self.slot.remap_file(BASE, LENGTH, &self.model).ok(),
            "read 1" => self.read_zeros = self.touch(1) == Page::Zeros,
            // No code takes the zeros for content.
            "end" => {
                let seen = self.seen.is_some_and(|seen| self.slot.count.load(SeqCst) == seen);
                assert!(!(seen && self.read_zeros), "zeros taken for content");
            }
            "touch 0" => drop(self.touch(0)),
            "touch 1" => drop(self.touch(1)),
            "cut 0" => self.model.there.set(0),
            "cut 1" => self.model.there.set(1),
            "grow" => self.model.there.set(2),
            "closing" => self.slot.set_closing(),
            "not closing" => assert!(self.slot.stays(BASE, LENGTH)),
            "remap" => drop(self.slot.remap_file(BASE, LENGTH, &self.model)),
            _ => unreachable!(),
        }
    }
}

fn orders(next: [usize; 4], order: &mut Vec<&'static str>, check: &mut impl FnMut(&[&str])) {
    let mut ended = true;
    for thread in 0..4 {
        if let Some(step) = THREADS[thread].get(next[thread]) {
            ended = false;
            order.push(step);
            let mut then = next;
            then[thread] += 1;
            orders(then, order, check);
            order.pop();
        }
    }
    if ended {
        check(order);
    }
}

#[test]
fn in_no_order_of_events_are_zeros_taken_for_content() {
    for private in [false, true] {
        let mut checked = 0;
        orders([0; 4], &mut Vec::new(), &mut |order| {
            checked += 1;
            let model = Model { pages: RefCell::new([Page::File; 2]), there: Cell::new(2), private };
            let mut run = Run { slot: Slot::new(), model, seen: None, read_zeros: false };
            assert!(run.slot.take());
            run.slot.cover(BASE, LENGTH, PAGE, true);
            order.iter().for_each(|step| run.step(step));
            // In the end the file is back, unless it cannot be.
            let restored = run.slot.remap_file(BASE, LENGTH, &run.model);
            let zeros = run.model.pages.borrow().contains(&Page::Zeros);
            assert_eq!(zeros, restored.is_err(), "{order:?}");
            assert!(private || !zeros, "{order:?}");
        });
        assert_eq!(checked, 92400); // 11! / (3! 2! 3! 3!)
    }
}
