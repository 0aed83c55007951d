//! What stands between tokenizer and tree builder: it makes html5ever build the tree that html5lib builds.
//!
//! The original used html5lib, which follows an older edition of the HTML standard than html5ever. Three things differ so
//! that it shows in the text:
//!
//! * `template` was an unknown element like any other;
//! * inside `select` every tag but `option`, `optgroup` and `script` vanished without leaving a gap;
//! * nesting was unlimited, and a parser takes quadratic time on deep nesting. Beyond [`DEPTH_LIMIT`] open elements (the
//!   browsers' limit) a tag only leaves a gap in the text, which for text is nearly always the same.

use std::cell::{Cell, RefCell};

use html5ever::interface::Tracer;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{CommentToken, EndTag, StartTag, Tag, TagToken, Token, TokenSink, TokenSinkResult};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use html5ever::{LocalName, local_name};

use super::attributes::Context;
use super::tree::{Handle, Tree};

/// From so many open (or reopenable) elements on, further tags only leave gaps.
const DEPTH_LIMIT: usize = 512;
/// The open elements are counted whenever so many tags have passed.
const TAGS_BETWEEN_COUNTS: usize = 64;

/// The tokens' way into the tree.
pub(super) struct Html5libTokens {
    builder: TreeBuilder<Handle, Tree>,
    /// Most nodes the tree may have: a few formatting tags can be told to repeat without end.
    node_limit: usize,
    select: Cell<Select>,
    tags_since_count: Cell<usize>,
    too_deep: Cell<bool>,
    /// Names of the open tags that were replaced by gaps.
    replaced: RefCell<Vec<LocalName>>,
    /// Raw text, in which the tokenizer finds no tags but one.
    raw: RefCell<Option<Context>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Select {
    Closed,
    Open,
    OpenInTable,
}

impl Html5libTokens {
    /// `node_limit`: after so many nodes all further tokens are ignored and [`Self::is_over_limit`] is true.
    pub(super) fn new(node_limit: usize) -> Self {
        let options = TreeBuilderOpts { scripting_enabled: true, drop_doctype: true, ..TreeBuilderOpts::default() };
        Self {
            builder: TreeBuilder::new(Tree::new(), options),
            node_limit,
            select: Cell::new(Select::Closed),
            tags_since_count: Cell::new(0),
            too_deep: Cell::new(false),
            replaced: RefCell::default(),
            raw: RefCell::default(),
        }
    }

    pub(super) fn tree(&self) -> &Tree {
        &self.builder.sink
    }

    pub(super) fn is_over_limit(&self) -> bool {
        self.tree().size() > self.node_limit
    }

    /// What stands behind the last tag.
    pub(super) fn context(&self) -> Context {
        let is_foreign = || self.builder.adjusted_current_node_present_but_not_in_html_namespace();
        self.raw.borrow().clone().unwrap_or_else(|| Context::Markup { is_foreign: is_foreign() })
    }

    fn process_tag(&self, mut tag: Tag, line: u64) -> TokenSinkResult<Handle> {
        if tag.name == local_name!("template") {
            tag.name = LocalName::from("not-a-template");
        }
        if self.select.get() != Select::Closed && !self.passes_select(&tag, line) {
            return TokenSinkResult::Continue;
        }
        self.count_open_elements();
        if self.is_replaced(&tag) {
            return self.builder.process_token(CommentToken(StrTendril::new()), line);
        }
        if tag.kind == StartTag && tag.name == local_name!("select") {
            return self.open_select(tag, line);
        }
        self.builder.process_token(TagToken(tag), line)
    }

    fn open_select(&self, tag: Tag, line: u64) -> TokenSinkResult<Handle> {
        let before = self.tree().selects();
        let result = self.builder.process_token(TagToken(tag), line);
        if self.tree().selects() > before {
            let in_table = self.open_names(|name| *name == local_name!("table")) > 0;
            self.select.set(if in_table { Select::OpenInTable } else { Select::Open });
        }
        result
    }

    /// Applies the rules "in select" and "in select in table": may this tag go on to the tree builder?
    fn passes_select(&self, tag: &Tag, line: u64) -> bool {
        let starts = tag.kind == StartTag;
        match tag.name {
            local_name!("option") | local_name!("optgroup") | local_name!("script") => true,
            local_name!("select") => {
                self.close_select(line);
                false
            }
            local_name!("input") | local_name!("keygen") | local_name!("textarea") if starts => {
                self.close_select(line);
                true
            }
            local_name!("caption")
            | local_name!("table")
            | local_name!("tbody")
            | local_name!("tfoot")
            | local_name!("thead")
            | local_name!("tr")
            | local_name!("td")
            | local_name!("th")
                if self.select.get() == Select::OpenInTable =>
            {
                let closes = starts || self.open_names(|name| *name == tag.name) > 0;
                if closes {
                    self.close_select(line);
                }
                closes
            }
            _ => false,
        }
    }

    fn close_select(&self, line: u64) {
        self.select.set(Select::Closed);
        let tag =
            Tag { kind: EndTag, name: local_name!("select"), self_closing: false, attrs: Vec::new(), had_duplicate_attributes: false };
        // An end tag of a select neither starts a script nor changes how the tokenizer reads on.
        let _ = self.builder.process_token(TagToken(tag), line);
    }

    fn count_open_elements(&self) {
        let tags = self.tags_since_count.get() + 1;
        self.tags_since_count.set(tags % TAGS_BETWEEN_COUNTS);
        if tags == TAGS_BETWEEN_COUNTS {
            self.too_deep.set(self.open_names(|_| true) > DEPTH_LIMIT);
        }
    }

    /// Counts the open (and reopenable) elements whose name is `wanted`.
    fn open_names(&self, wanted: impl Fn(&LocalName) -> bool) -> usize {
        let count = CountingTracer { wanted, count: Cell::new(0) };
        self.builder.trace_handles(&count);
        count.count.get()
    }

    /// Decides whether a tag becomes a gap because of [`DEPTH_LIMIT`].
    fn is_replaced(&self, tag: &Tag) -> bool {
        let mut replaced = self.replaced.borrow_mut();
        if tag.kind == EndTag {
            let matches = replaced.last() == Some(&tag.name);
            if matches {
                replaced.pop();
            }
            return matches;
        }
        if !self.too_deep.get() || self.starts_raw_text(tag) {
            return false;
        }
        if !tag.self_closing {
            replaced.push(tag.name.clone());
        }
        true
    }

    /// Raw text must stay raw at any depth; such elements do not nest.
    fn starts_raw_text(&self, tag: &Tag) -> bool {
        let raw = matches!(
            tag.name,
            local_name!("iframe")
                | local_name!("noembed")
                | local_name!("noframes")
                | local_name!("plaintext")
                | local_name!("script")
                | local_name!("style")
                | local_name!("textarea")
                | local_name!("title")
                | local_name!("xmp")
        );
        raw && !self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

impl TokenSink for Html5libTokens {
    type Handle = Handle;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<Handle> {
        let is_ignored = self.is_over_limit();
        match token {
            TagToken(tag) => {
                let name = tag.name.clone();
                let result = if is_ignored { TokenSinkResult::Continue } else { self.process_tag(tag, line) };
                self.raw.replace(match result {
                    TokenSinkResult::RawData(_) => Some(Context::Raw(name)),
                    TokenSinkResult::Plaintext => Some(Context::Plaintext),
                    _ => None,
                });
                result
            }
            _ if is_ignored => TokenSinkResult::Continue,
            token => self.builder.process_token(token, line),
        }
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

struct CountingTracer<F> {
    wanted: F,
    count: Cell<usize>,
}

impl<F: Fn(&LocalName) -> bool> Tracer for CountingTracer<F> {
    type Handle = Handle;

    fn trace_handle(&self, node: &Handle) {
        if (self.wanted)(&node.name().local) {
            self.count.set(self.count.get() + 1);
        }
    }
}
