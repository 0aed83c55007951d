//! The page and its blocks.

const PAGE: &str = include_str!("../../docs/operators-guide.md");

/// A block of commands that is run.
pub(crate) struct Block {
    /// What has been broken before it; empty where nothing is.
    pub name: &'static str,
    pub text: &'static str,
}

/// The blocks of commands that say `tested`, in their order.
pub(crate) fn blocks() -> Vec<Block> {
    let blocks = PAGE.split("\n```sh tested").skip(1).map(|rest| {
        let (name, rest) = rest.split_once('\n').unwrap();
        Block { name: name.trim(), text: rest.split_once("\n```").unwrap().0 }
    });
    blocks.collect()
}

/// The configuration that the page shows.
pub(crate) fn configuration() -> &'static str {
    PAGE.split_once("\n```ini\n").unwrap().1.split_once("\n```").unwrap().0
}
