//! A tournament that finds the first of many sorted sources with one comparison a round: each inner node keeps the loser of the
//! match played there, so that after the winner has moved on only its own way to the root is played again (Knuth, volume 3, 5.4.1).

/// Players are numbers from 0; who wins is told by the caller.
#[derive(Debug, Default)]
pub(crate) struct LoserTree {
    /// The losers at the inner nodes, which are numbered as in a heap: the root is 1, and node `n` is below `n / 2`. The player `p` of
    /// `n` players stands at the leaf `n + p`. The place 0 holds the winner of all.
    nodes: Vec<usize>,
}

impl LoserTree {
    /// Plays all matches.
    pub(crate) fn new(players: usize, beats: impl Fn(usize, usize) -> bool) -> Self {
        // First the winner of each node, of which only the loser is kept.
        let mut winners: Vec<usize> = std::iter::repeat_n(0, players).chain(0..players).collect();
        let mut nodes = vec![0; players];
        for node in (1..players).rev() {
            if let (Some(&left), Some(&right)) = (winners.get(2 * node), winners.get(2 * node + 1)) {
                let (winner, loser) = if beats(right, left) { (right, left) } else { (left, right) };
                winners.get_mut(node).into_iter().for_each(|place| *place = winner);
                nodes.get_mut(node).into_iter().for_each(|place| *place = loser);
            }
        }
        if let (Some(place), Some(&winner)) = (nodes.first_mut(), winners.get(1)) {
            *place = winner;
        }
        Self { nodes }
    }

    /// The player that beats all others; none without players.
    pub(crate) fn winner(&self) -> Option<usize> {
        self.nodes.first().copied()
    }

    /// Finds the winner again after the last one has become another.
    pub(crate) fn replay(&mut self, beats: impl Fn(usize, usize) -> bool) {
        let Some(mut winner) = self.winner() else { return };
        let mut node = usize::midpoint(winner, self.nodes.len());
        while node > 0 {
            if let Some(loser) = self.nodes.get_mut(node)
                && beats(*loser, winner)
            {
                std::mem::swap(loser, &mut winner);
            }
            node /= 2;
        }
        self.nodes.first_mut().into_iter().for_each(|place| *place = winner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sources_come_out_sorted(mut sources in prop::collection::vec(prop::collection::vec(0_u32..50, 0..20), 0..40)) {
            let mut expected: Vec<_> = sources.iter().flatten().copied().collect();
            expected.sort_unstable();
            // The last element is the next one.
            for source in &mut sources {
                source.sort_unstable_by(|left, right| right.cmp(left));
            }
            let head = |sources: &[Vec<u32>], player: usize| sources[player].last().copied().unwrap_or(u32::MAX);
            let mut tree = LoserTree::new(sources.len(), |left, right| head(&sources, left) < head(&sources, right));
            let mut merged = Vec::new();
            while let Some(next) = tree.winner().and_then(|winner| sources[winner].pop()) {
                merged.push(next);
                tree.replay(|left, right| head(&sources, left) < head(&sources, right));
            }
            prop_assert_eq!(merged, expected);
        }

        #[test]
        fn a_round_takes_one_match_a_level(players in 2_usize..300) {
            let matches = std::cell::Cell::new(0);
            let count = |_, _| { matches.set(matches.get() + 1); false };
            let mut tree = LoserTree::new(players, count);
            prop_assert_eq!(matches.replace(0), players - 1);
            tree.replay(count);
            prop_assert!(1 << matches.get() <= players.next_power_of_two());
        }
    }
}
