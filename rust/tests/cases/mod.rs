//! How many cases proptest tries: as many as a test says, or as PROPTEST_CASES says for all.

use proptest::prelude::ProptestConfig;

pub fn cases(usual: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(usual), failure_persistence: None, ..ProptestConfig::default() }
}
