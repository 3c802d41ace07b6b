//! Every export catches panics: one that reached the C caller would end the process.

use std::fs;
use std::path::Path;

#[test]
fn every_export_catches_panics() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ffi");
    let mut exports = 0;
    for entry in fs::read_dir(folder).expect("src/ffi") {
        let path = entry.expect("an entry").path();
        let source = fs::read_to_string(&path).expect("a source file");
        // Each piece begins behind `extern "C" fn` and ends before the next function's attributes.
        for piece in source.split("extern \"C\" fn ").skip(1) {
            let name = piece.split('(').next().expect("a name");
            let body = piece.split("#[no_mangle]").next().expect("a body");
            let statements = body.split_once(" {\n").expect("a block").1;
            let guards = statements.matches("guarded(").count() + statements.matches("guarded_or(").count();
            assert!(guards == 1, "{name} in {} has {guards} guards", path.display());
            exports += 1;
        }
    }
    assert!(exports > 15, "only {exports} exports were found");
}
