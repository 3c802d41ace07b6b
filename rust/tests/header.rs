//! The committed C header equals what cbindgen writes for `src/ffi`.
//!
//! `ZCIO_WRITE_HEADER=1 cargo test --test header` writes it.

use std::path::Path;

#[test]
fn header_is_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml");
    let mut generated = Vec::new();
    cbindgen::generate_with_config(root, config).expect("cbindgen").write(&mut generated);
    let generated = String::from_utf8(generated).expect("the header is ASCII");

    let path = root.join("include/zcio.h");
    if std::env::var_os("ZCIO_WRITE_HEADER").is_some() {
        std::fs::write(&path, &generated).expect("write the header");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "rust/include/zcio.h is not what cbindgen makes of rust/src/ffi: run `tox -e header`\n{generated}"
    );
}
