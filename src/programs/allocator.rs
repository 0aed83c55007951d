//! What the allocator does with the buffers of a sort.

/// Blocks of this size and above are mapped each by itself.
#[cfg(target_env = "gnu")]
const OWN_MAPPING: i32 = 1024 * 1024;

/// Has large blocks go back to the system as soon as they are freed. By itself glibc raises the size from which it maps them with every
/// one that is freed, until buffers come out of arenas, which keep them: a task of ten jobs held 206 MB where now it holds 77.
pub(super) fn give_large_blocks_back() {
    #[cfg(target_env = "gnu")]
    #[allow(unsafe_code)]
    // Safety: it sets a number of the allocator. One that it does not take leaves all as it was.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, OWN_MAPPING);
    }
}
