//! Which allocator programs have, and what it does with the buffers of a sort.

#[cfg(target_env = "musl")]
mod by_size {
    use std::alloc::{GlobalAlloc, Layout, System};

    use mimalloc::MiMalloc;

    /// Where musl's allocator maps blocks each by itself.
    const OWN_MAPPING: usize = 128 * 1024;

    /// musl's allocator has one lock for all threads: two threads took up to three fifths more processor than one. mimalloc has not, but
    /// copies large blocks that grow, and keeps them: twice the memory. So small blocks are mimalloc's and large ones musl's.
    struct BySize;

    #[global_allocator]
    static ALLOCATOR: BySize = BySize;

    const fn is_large(size: usize) -> bool {
        size >= OWN_MAPPING
    }

    #[allow(unsafe_code)]
    // Safety: what the caller promises goes on to one of two allocators. Which one a block is of follows from its size, which the caller
    // tells again when it gives the block back.
    unsafe impl GlobalAlloc for BySize {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            unsafe { if is_large(layout.size()) { System.alloc(layout) } else { MiMalloc.alloc(layout) } }
        }

        unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
            unsafe { if is_large(layout.size()) { System.alloc_zeroed(layout) } else { MiMalloc.alloc_zeroed(layout) } }
        }

        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            unsafe { if is_large(layout.size()) { System.dealloc(block, layout) } else { MiMalloc.dealloc(block, layout) } }
        }

        unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            unsafe {
                match (is_large(layout.size()), is_large(size)) {
                    (true, true) => System.realloc(block, layout, size),
                    (false, false) => MiMalloc.realloc(block, layout, size),
                    _ => {
                        let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
                        if !moved.is_null() {
                            moved.copy_from_nonoverlapping(block, layout.size().min(size));
                            self.dealloc(block, layout);
                        }
                        moved
                    }
                }
            }
        }
    }
}

/// Blocks of this size and above are mapped each by itself.
#[cfg(target_env = "gnu")]
const OWN_MAPPING: i32 = 128 * 1024;

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
