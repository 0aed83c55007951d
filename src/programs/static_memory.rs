//! Copying and comparing memory in static programs.
//!
//! musl's functions are made to be small: they take a string instruction to begin with, which costs more than the few bytes that are mostly
//! copied here. Of a task over logs they took a sixth of the time, where glibc's take a twentieth. These take their place where programs
//! are linked with musl; everywhere else only the tests see them.
#![cfg(all(target_arch = "x86_64", any(target_env = "musl", test)))]
#![allow(unsafe_code)]
#![allow(clippy::inline_always)] // a call takes as long as copying some bytes
// All pointers are those that the caller of a C function answers for: `count` bytes may be read from the sources and, where there is a
// destination, written to it. Every access below lies inside of them: first bytes, or last bytes of no less than what is accessed at once.

use std::arch::x86_64::{__m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_storeu_si128};
use std::ptr::{read_unaligned, write_unaligned};

/// Bytes of a register.
const BLOCK: usize = 16;
/// Bytes that a turn of the loops takes.
const TURN: usize = 4 * BLOCK;

/// What programs call, and what compilers write for copying a value.
#[cfg(target_env = "musl")]
mod called {
    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
        unsafe { super::copy(to, from, count) };
        to
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
        unsafe { super::copy(to, from, count) };
        to
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, count: usize) -> i32 {
        unsafe { super::compare(left, right, count) }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, count: usize) -> i32 {
        unsafe { super::compare(left, right, count) }
    }
}

/// Copies bytes; the two places may overlap.
///
/// # Safety
/// `count` bytes can be read from `from` and written to `to`.
#[inline]
unsafe fn copy(to: *mut u8, from: *const u8, count: usize) {
    unsafe {
        match count {
            0 => {}
            1 => *to = *from,
            2..4 => copy_ends::<u16>(to, from, count),
            4..8 => copy_ends::<u32>(to, from, count),
            8..16 => copy_ends::<u64>(to, from, count),
            16..=32 => copy_ends::<__m128i>(to, from, count),
            33..=64 => copy_ends::<[__m128i; 2]>(to, from, count),
            65..=128 => copy_ends::<[__m128i; 4]>(to, from, count),
            // What is written lies before what is still to be read, or behind all of it.
            _ if (to as usize).wrapping_sub(from as usize) >= count => copy_upwards(to, from, count),
            _ => copy_downwards(to, from, count),
        }
    }
}

/// Copies at least as many bytes as a `T` has, and at most twice as many: the first and the last ones, read before any is written.
#[inline(always)]
unsafe fn copy_ends<T>(to: *mut u8, from: *const u8, count: usize) {
    unsafe {
        let last = count - size_of::<T>();
        let (first_bytes, last_bytes) = (read_unaligned(from.cast::<T>()), read_unaligned(from.add(last).cast::<T>()));
        write_unaligned(to.cast(), first_bytes);
        write_unaligned(to.add(last).cast(), last_bytes);
    }
}

#[inline(always)]
unsafe fn read_turn(from: *const u8) -> [__m128i; 4] {
    unsafe {
        [
            _mm_loadu_si128(from.cast()),
            _mm_loadu_si128(from.add(BLOCK).cast()),
            _mm_loadu_si128(from.add(2 * BLOCK).cast()),
            _mm_loadu_si128(from.add(3 * BLOCK).cast()),
        ]
    }
}

#[inline(always)]
unsafe fn write_turn(to: *mut u8, blocks: [__m128i; 4]) {
    unsafe {
        _mm_storeu_si128(to.cast(), blocks[0]);
        _mm_storeu_si128(to.add(BLOCK).cast(), blocks[1]);
        _mm_storeu_si128(to.add(2 * BLOCK).cast(), blocks[2]);
        _mm_storeu_si128(to.add(3 * BLOCK).cast(), blocks[3]);
    }
}

/// At least a turn; the last bytes are read before they could be written over.
unsafe fn copy_upwards(to: *mut u8, from: *const u8, count: usize) {
    unsafe {
        let last = read_turn(from.add(count - TURN));
        let mut done = 0;
        while done + TURN < count {
            write_turn(to.add(done), read_turn(from.add(done)));
            done += TURN;
        }
        write_turn(to.add(count - TURN), last);
    }
}

/// As [`copy_upwards`], from the end on.
unsafe fn copy_downwards(to: *mut u8, from: *const u8, count: usize) {
    unsafe {
        let first = read_turn(from);
        let mut left = count;
        while left > TURN {
            left -= TURN;
            write_turn(to.add(left), read_turn(from.add(left)));
        }
        write_turn(to, first);
    }
}

/// How bytes sort: below, equal to or above 0.
///
/// # Safety
/// `count` bytes can be read from both.
#[inline]
unsafe fn compare(left: *const u8, right: *const u8, count: usize) -> i32 {
    unsafe {
        match count {
            0 => 0,
            1 => i32::from(*left) - i32::from(*right),
            2..4 => {
                let number = |of: *const u8| u32::from(*of) << 16 | u32::from(u16::from_be(read_unaligned(of.add(count - 2).cast())));
                sign(number(left), number(right))
            }
            4..8 => {
                let number = |of: *const u8| {
                    let (first, last) = (read_unaligned(of.cast()), read_unaligned(of.add(count - 4).cast()));
                    u64::from(u32::from_be(first)) << 32 | u64::from(u32::from_be(last))
                };
                sign(number(left), number(right))
            }
            8..16 => {
                let number = |of: *const u8, at: usize| u64::from_be(read_unaligned(of.add(at).cast()));
                match sign(number(left, 0), number(right, 0)) {
                    0 => sign(number(left, count - 8), number(right, count - 8)),
                    differs => differs,
                }
            }
            _ => compare_blocks(left, right, count),
        }
    }
}

/// At least a block.
unsafe fn compare_blocks(left: *const u8, right: *const u8, count: usize) -> i32 {
    unsafe {
        let mut at = 0;
        loop {
            let same = _mm_cmpeq_epi8(_mm_loadu_si128(left.add(at).cast()), _mm_loadu_si128(right.add(at).cast()));
            let differs = !_mm_movemask_epi8(same).cast_unsigned() & 0xffff;
            if differs != 0 {
                let place = at + differs.trailing_zeros() as usize;
                return i32::from(*left.add(place)) - i32::from(*right.add(place));
            }
            if at + BLOCK == count {
                return 0;
            }
            // The last block may begin in the one before.
            at = (at + BLOCK).min(count - BLOCK);
        }
    }
}

#[inline(always)]
fn sign<T: Ord>(left: T, right: T) -> i32 {
    i32::from(left > right) - i32::from(left < right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Long enough for all ways of copying, and some turns of the loops.
    const ROOM: usize = 700;

    proptest! {
        #[test]
        fn bytes_are_copied_whether_or_not_they_overlap(
            mut bytes in prop::collection::vec(any::<u8>(), ROOM),
            count in prop_oneof![0_usize..20, 0_usize..150, 0..ROOM],
            from in any::<prop::sample::Index>(),
            to in any::<prop::sample::Index>(),
            distance in prop::option::of(-20_isize..20),
        ) {
            let last = ROOM - count;
            let from = from.index(last + 1);
            let to = distance.map_or_else(|| to.index(last + 1), |distance| from.saturating_add_signed(distance).min(last));
            let mut expected = bytes.clone();
            expected.copy_within(from..from + count, to);
            // Safety: both places lie in the vector.
            unsafe { copy(bytes.as_mut_ptr().add(to), bytes.as_ptr().add(from), count) };
            prop_assert_eq!(bytes, expected);
        }

        #[test]
        fn bytes_are_compared_as_slices_are(
            left in prop::collection::vec(prop_oneof![Just(0_u8), Just(1), any::<u8>()], 0..200),
            change in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
            others in prop::option::weighted(0.2, prop::collection::vec(any::<u8>(), 200)),
        ) {
            let mut right = others.map_or_else(|| left.clone(), |others| others.into_iter().take(left.len()).collect());
            if let Some((place, byte)) = change.filter(|_| !left.is_empty()) { right[place.index(left.len())] = byte; }
            // Safety: both are as long as that.
            let compared = unsafe { compare(left.as_ptr(), right.as_ptr(), left.len()) };
            prop_assert_eq!(compared.cmp(&0), left.cmp(&right));
        }
    }
}
