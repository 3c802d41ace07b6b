//! The arithmetic of pages. A page's size is always an argument: 4, 16 and 64 KiB occur, and 2 MiB or 1 GiB in
//! hugetlbfs.

use std::ops::Range;

/// The end of a mapping of `length` bytes from `base`: mappings consist of whole pages.
pub(super) fn end_of(base: usize, length: usize, page: usize) -> usize {
    (base + length).next_multiple_of(page)
}

/// The pages to replace by zeros after a fault at `address` in a mapping that ends at `end`: one page, or all up to the
/// end.
pub(super) fn to_replace(address: usize, end: usize, page: usize, to_the_end: bool) -> Range<usize> {
    let start = address & !(page - 1);
    start..if to_the_end { end.next_multiple_of(page) } else { start + page }
}

/// The next page size to try if the kernel refuses to replace a part of a huge page at `address`, in a mapping from
/// `base`. `None` if a page of that size would not lie inside the mapping.
pub(super) fn doubled(address: usize, base: usize, page: usize) -> Option<usize> {
    let double = 2 * page;
    (page < 1 << 30 && address & !(double - 1) >= base).then_some(double)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_consists_of_whole_pages_that_hold_the_address() {
        for page in [4096, 16 << 10, 64 << 10, 2 << 20] {
            let base = 1 << 30;
            for length in [1, page - 1, page, page + 1, 5 * page, 5 * page + 1] {
                let end = end_of(base, length, page);
                assert!(end % page == 0 && end >= base + length && end - (base + length) < page);
                for address in [base, base + length / 2, base + length - 1, end - 1] {
                    let one = to_replace(address, end, page, false);
                    assert!(one.contains(&address) && one.len() == page && one.start % page == 0);
                    assert!(one.start >= base && one.end <= end);
                    let rest = to_replace(address, end, page, true);
                    assert_eq!(rest, one.start..end);
                }
            }
        }
    }

    #[test]
    fn a_page_is_doubled_until_it_is_huge_and_never_out_of_the_mapping() {
        let (base, huge) = (1 << 30, 2 << 20);
        for small in [4096, 16 << 10, 64 << 10] {
            let (mut page, address) = (small, base + huge + 12345);
            while page < huge {
                page = doubled(address, base, page).expect("inside");
            }
            assert_eq!(to_replace(address, base + 2 * huge, page, false), base + huge..base + 2 * huge);
            // A mapping that begins at an odd page: the doubled page would begin before it.
            assert_eq!(doubled(base + small, base + small, small), None);
            assert_eq!(doubled(address, base, 1 << 30), None);
        }
    }
}
