//! The processor on which the measurement was made.

/// Its name where the system says it, and whether the limits below were measured with the SHA instructions.
pub fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("an unnamed processor", |(_, name)| name.trim());
    let sha = if has_sha() { "with" } else { "without" };
    format!("{name}, {}, {sha} the SHA instructions", std::env::consts::ARCH)
}

#[cfg(target_arch = "x86_64")]
fn has_sha() -> bool {
    std::is_x86_feature_detected!("sha")
}

#[cfg(target_arch = "aarch64")]
fn has_sha() -> bool {
    std::arch::is_aarch64_feature_detected!("sha2")
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn has_sha() -> bool {
    false
}
