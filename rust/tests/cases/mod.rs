//! The number of cases that proptest tries: PROPTEST_CASES if it is set, else the test's own.

use proptest::prelude::ProptestConfig;

pub fn cases(usual: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(usual), failure_persistence: None, ..ProptestConfig::default() }
}
