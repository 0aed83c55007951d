//! The tree that the HTML parser builds: an arena that keeps only what the text needs.
//!
//! Nodes are linked by index, so that moving, merging and walking never recurse and cost the same at any depth.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::{Attribute, QualName, local_name, ns};

const NONE: usize = usize::MAX;
const DOCUMENT: usize = 0;

/// What the parser holds of a node: its place in the arena and, for elements, its name.
#[derive(Clone)]
pub(super) struct Handle {
    index: usize,
    element: Rc<Element>,
}

impl Handle {
    /// Name of the element; nameless for comments and the document.
    pub(super) fn name(&self) -> &QualName {
        &self.element.name
    }
}

struct Element {
    name: QualName,
    /// `annotation-xml` of `MathML` whose `encoding` says that HTML follows.
    holds_html: bool,
}

struct Node {
    parent: usize,
    previous: usize,
    next: usize,
    first_child: usize,
    last_child: usize,
    /// Only text nodes have text; elements, comments and the document merely stand between texts.
    text: Option<String>,
}

/// The arena. All indexes in it were made by it, so that indexing cannot fail.
pub(super) struct Tree {
    nodes: RefCell<Vec<Node>>,
    nameless: Rc<Element>,
    selects: Cell<usize>,
}

impl Tree {
    pub(super) fn new() -> Self {
        let tree = Self {
            nodes: RefCell::default(),
            nameless: Rc::new(Element { name: QualName::new(None, ns!(), local_name!("")), holds_html: false }),
            selects: Cell::new(0),
        };
        tree.add(None);
        tree
    }

    /// Number of nodes ever made.
    pub(super) fn size(&self) -> usize {
        self.nodes.borrow().len()
    }

    /// Number of `select` elements ever made.
    pub(super) fn selects(&self) -> usize {
        self.selects.get()
    }

    /// Calls `take` with every text node in document order.
    pub(super) fn each_text(&self, mut take: impl FnMut(&str)) {
        let nodes = self.nodes.borrow();
        let mut at = DOCUMENT;
        loop {
            if let Some(text) = &nodes[at].text {
                take(text);
            }
            if nodes[at].first_child != NONE {
                at = nodes[at].first_child;
                continue;
            }
            while at != DOCUMENT && nodes[at].next == NONE {
                at = nodes[at].parent;
            }
            if at == DOCUMENT {
                return;
            }
            at = nodes[at].next;
        }
    }

    fn add(&self, text: Option<String>) -> usize {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node { parent: NONE, previous: NONE, next: NONE, first_child: NONE, last_child: NONE, text });
        nodes.len() - 1
    }

    fn nameless_node(&self) -> Handle {
        Handle { index: self.add(None), element: Rc::clone(&self.nameless) }
    }

    /// Puts a child under `parent`, before its child `next` or (`NONE`) at the end. Text joins a text node just before it.
    fn insert(&self, parent: usize, next: usize, child: NodeOrText<Handle>) {
        let index = match child {
            NodeOrText::AppendNode(handle) => {
                self.detach(handle.index);
                handle.index
            }
            NodeOrText::AppendText(text) => {
                if self.join_text(parent, next, &text) {
                    return;
                }
                self.add(Some(text.to_string()))
            }
        };
        let mut nodes = self.nodes.borrow_mut();
        let previous = if next == NONE { nodes[parent].last_child } else { nodes[next].previous };
        nodes[index].parent = parent;
        nodes[index].previous = previous;
        nodes[index].next = next;
        match previous {
            NONE => nodes[parent].first_child = index,
            previous => nodes[previous].next = index,
        }
        match next {
            NONE => nodes[parent].last_child = index,
            next => nodes[next].previous = index,
        }
    }

    fn join_text(&self, parent: usize, next: usize, addition: &str) -> bool {
        let mut nodes = self.nodes.borrow_mut();
        let previous = if next == NONE { nodes[parent].last_child } else { nodes[next].previous };
        let text = nodes.get_mut(previous).and_then(|node| node.text.as_mut());
        text.map(|text| text.push_str(addition)).is_some()
    }

    fn detach(&self, index: usize) {
        let mut nodes = self.nodes.borrow_mut();
        let Node { parent, previous, next, .. } = nodes[index];
        if parent == NONE {
            return;
        }
        match previous {
            NONE => nodes[parent].first_child = next,
            previous => nodes[previous].next = next,
        }
        match next {
            NONE => nodes[parent].last_child = previous,
            next => nodes[next].previous = previous,
        }
        let node = &mut nodes[index];
        (node.parent, node.previous, node.next) = (NONE, NONE, NONE);
    }
}

impl TreeSink for Tree {
    type Handle = Handle;
    type Output = Self;
    type ElemName<'a> = &'a QualName;

    fn finish(self) -> Self {
        self
    }

    fn parse_error(&self, _message: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        Handle { index: DOCUMENT, element: Rc::clone(&self.nameless) }
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> &'a QualName {
        target.name()
    }

    fn create_element(&self, name: QualName, _attributes: Vec<Attribute>, flags: ElementFlags) -> Handle {
        if name.ns == ns!(html) && name.local == local_name!("select") {
            self.selects.set(self.selects.get() + 1);
        }
        let holds_html = flags.mathml_annotation_xml_integration_point;
        Handle { index: self.add(None), element: Rc::new(Element { name, holds_html }) }
    }

    fn create_comment(&self, _text: StrTendril) -> Handle {
        self.nameless_node()
    }

    fn create_pi(&self, _target: StrTendril, _data: StrTendril) -> Handle {
        self.nameless_node()
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.insert(parent.index, NONE, child);
    }

    fn append_based_on_parent_node(&self, element: &Handle, previous_element: &Handle, child: NodeOrText<Handle>) {
        let parent = self.nodes.borrow()[element.index].parent;
        if parent == NONE {
            self.append(previous_element, child);
        } else {
            self.insert(parent, element.index, child);
        }
    }

    fn append_doctype_to_document(&self, _name: StrTendril, _public_id: StrTendril, _system_id: StrTendril) {}

    /// Never asked for: template tags are renamed before they reach the parser.
    fn get_template_contents(&self, target: &Handle) -> Handle {
        target.clone()
    }

    fn same_node(&self, one: &Handle, other: &Handle) -> bool {
        one.index == other.index
    }

    fn set_quirks_mode(&self, _mode: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Handle, new_node: NodeOrText<Handle>) {
        let parent = self.nodes.borrow()[sibling.index].parent;
        if parent != NONE {
            self.insert(parent, sibling.index, new_node);
        }
    }

    fn add_attrs_if_missing(&self, _target: &Handle, _attributes: Vec<Attribute>) {}

    fn remove_from_parent(&self, target: &Handle) {
        self.detach(target.index);
    }

    fn reparent_children(&self, node: &Handle, new_parent: &Handle) {
        let element = &self.nameless;
        loop {
            let index = self.nodes.borrow()[node.index].first_child;
            if index == NONE {
                return;
            }
            let child = Handle { index, element: Rc::clone(element) };
            self.insert(new_parent.index, NONE, NodeOrText::AppendNode(child));
        }
    }

    fn is_mathml_annotation_xml_integration_point(&self, handle: &Handle) -> bool {
        handle.element.holds_html
    }
}
