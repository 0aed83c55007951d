//! The text of an answer that is written in HTML (rules 02, 4.5).
//!
//! The markup is parsed as a document with html5ever; `tokens` levels the differences to html5lib, which the original
//! used, `attributes` keeps tags with many attributes from it, and `tree` is the document. The tree is our own arena of a few links per
//! node: the tree crates on offer either drop recursively (deep nesting ends the stack) or keep names, attributes and comments that the
//! text never needs.

mod attributes;
mod tokens;
mod tree;

use html5ever::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tokenizer, TokenizerOpts};

use self::attributes::{MOST_ATTRIBUTES, may_have_more, next_tag};
use self::tokens::Html5libTokens;

use crate::tracking::is_unicode_space;

/// Takes the text out of HTML markup: every text node in document order, split at Unicode whitespace, all pieces joined by
/// one blank. Tags and comments separate texts, entities are decoded, comments and attributes give nothing; the content of
/// `script`, `style`, `title`, `textarea` and `iframe` is text like any other.
///
/// Never fails: markup that would need an unreasonable number of nodes comes back as it is, trimmed. Attributes of a tag beyond
/// [`MOST_ATTRIBUTES`] are not looked at.
pub(crate) fn text_of_html(markup: &str) -> String {
    if is_plain(markup) { words_of(markup) } else { text_of_document(markup, MOST_ATTRIBUTES) }
}

/// Without tags and entities the document is one text node with the markup in it (NUL, which the parser drops, aside).
fn is_plain(markup: &str) -> bool {
    memchr::memchr3(b'<', b'&', 0, markup.as_bytes()).is_none()
}

fn words_of(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_words(text, &mut out);
    out
}

fn text_of_document(markup: &str, most_attributes: usize) -> String {
    let node_limit = 100_000 + markup.len().saturating_mul(8);
    let options = TokenizerOpts { discard_bom: false, ..TokenizerOpts::default() };
    let tokenizer = Tokenizer::new(Html5libTokens::new(node_limit), options);
    let is_read = read(&tokenizer, markup, most_attributes);
    tokenizer.end();
    if !is_read || tokenizer.sink.is_over_limit() {
        return markup.trim_matches(is_unicode_space).to_owned();
    }
    let mut out = String::with_capacity(markup.len());
    tokenizer.sink.tree().each_text(|text| push_words(text, &mut out));
    out
}

/// Shows the markup to the tokenizer, all at once unless a tag may have too many attributes. False if it cannot be told where one ends.
fn read(tokenizer: &Tokenizer<Html5libTokens>, markup: &str, most_attributes: usize) -> bool {
    let input = BufferQueue::default();
    let show = |text: Option<&str>| {
        input.push_back(StrTendril::from(text.unwrap_or_default()));
        // The tokenizer pauses after scripts and encoding declarations; both mean nothing here.
        while !matches!(tokenizer.feed(&input), TokenizerResult::Done) {}
    };
    let mut shown = 0;
    if may_have_more(markup, most_attributes) {
        while let Some(tag) = next_tag(markup.as_bytes(), shown, &tokenizer.sink.context(), most_attributes) {
            if tag.is_doubtful {
                return false;
            }
            show(markup.get(shown..tag.cut.unwrap_or(tag.end)));
            show(tag.cut.map(|_| tag.close));
            shown = tag.end;
        }
    }
    show(markup.get(shown..));
    true
}

fn push_words(text: &str, out: &mut String) {
    for word in text.split(is_unicode_space).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn worked_examples() {
        for (markup, text) in [
            ("<b>Yes</b> it <i>is</i>", "Yes it is"),
            ("<b>a</b>c", "a c"),
            ("<table><tr><td>1</td><td>2</td></tr></table>", "1 2"),
            ("<td>1</td><td>2</td>", "12"),
            ("a</b>b", "ab"),
            ("a &lt; b &amp; c", "a < b & c"),
            ("x < y", "x < y"),
            ("<!-- c -->x<script>var y</script>", "x var y"),
            ("&nbsp;x&nbsp;y", "x y"),
            ("<img alt=\"z\">", ""),
        ] {
            assert_eq!(text_of_html(markup), text, "{markup}");
        }
    }

    #[test]
    fn recorded_answers() {
        for (markup, text) in [
            ("<p>One</p>", "One"),
            ("<text>A <b>bold</b> text</text>", "A bold text"),
            ("a<br/>b", "a b"),
            ("&lt;tag&gt; &amp; &eacute;", "<tag> & é"),
            ("plain", "plain"),
            ("  spaces   inside  ", "spaces inside"),
            ("<!-- comment -->text", "text"),
            ("<p>unclosed", "unclosed"),
            ("a < b > c", "a < b > c"),
            ("<span class=\"math\">\\(x^2\\)</span>", "\\(x^2\\)"),
            ("x<sub>1</sub>", "x 1"),
            ("\u{a0}nbsp\u{a0}x", "nbsp x"),
            ("<div>a</div><div>b</div>", "a b"),
            ("<ul><li>a<li>b</ul>", "a b"),
            ("&nbsp;&copy;", "©"),
            ("<a href=\"u\">link</a> tail", "link tail"),
            ("<textarea> <b> </textarea>", "<b>"),
            ("<p>a</p>b<p>c</p>", "a b c"),
            ("<select><option>1<option>2</select>", "1 2"),
            ("<b><i>x</b></i>y", "x y"),
            ("<svg><text>s</text></svg>", "s"),
        ] {
            assert_eq!(text_of_html(markup), text, "{markup}");
        }
    }

    #[test]
    fn raw_text_comments_and_entities() {
        for (markup, text) in [
            ("<title>T</title><p>body", "T body"),
            ("<style>p{}</style>s", "p{} s"),
            ("<textarea>a<b>c</textarea>d", "a<b>c d"),
            ("<iframe><i>x</i></iframe>", "<i>x</i>"),
            ("<noscript>a<b>c</b></noscript>", "a<b>c</b>"),
            ("<noscript><b>x</b></noscript>y", "<b>x</b> y"),
            ("a<!-- x -->b", "a b"),
            ("<!DOCTYPE html><p>a<p>b", "a b"),
            ("&#65;&#x42;&bogus; &copy", "AB&bogus; ©"),
            ("a\0b", "ab"),
            ("<svg><title>a</title><text>b</text></svg>c", "a b c"),
            ("<![CDATA[x]]>y", "y"),
            ("<svg><![CDATA[x]]>y</svg>", "xy"),
            ("", ""),
        ] {
            assert_eq!(text_of_html(markup), text, "{markup}");
        }
    }

    #[test]
    fn html5lib_is_followed_where_the_standard_has_moved_on() {
        for (markup, text) in [
            ("<template><td>1</td><td>2</td></template>", "12"),
            ("<template>a</template>b", "a b"),
            ("<select><option>a<b>b</b>c</select>d", "abc d"),
            ("<select><option>a<option>b</select>", "a b"),
            ("<select>a<hr>b<div>c</div>", "abc"),
            ("<svg><select><b>a</b><b>b</b></svg>", "a b"),
            ("<select>a<textarea>b</textarea>", "a b"),
            ("<table><tr><td><select>a<tr><td>b</table>", "a b"),
        ] {
            assert_eq!(text_of_html(markup), text, "{markup}");
        }
    }

    #[test]
    fn splits_where_python_splits() {
        for space in
            "\t\n\u{b}\u{c}\r\u{1c}\u{1d}\u{1e}\u{1f} \u{85}\u{a0}\u{1680}\u{180e}\u{2000}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}"
                .chars()
        {
            assert_eq!(text_of_html(&format!("a{space}{space}b{space}")), "a b", "{space:?}");
            assert_eq!(text_of_html(&format!("<i>{space}a{space}b")), "a b", "{space:?}");
        }
        assert_eq!(text_of_html("a\u{200b}b\u{feff}c"), "a\u{200b}b\u{feff}c");
        assert_eq!(text_of_html("\u{feff}a<i>b"), "\u{feff}a b");
    }

    #[test]
    fn formatting_that_is_closed_out_of_order_keeps_its_text_in_order() {
        assert_eq!(text_of_html("<b>1<p>2</b>3</p>"), "1 2 3");
        assert_eq!(text_of_html("<table>a<tr>b<td>c</td>d</table>e"), "abd c e");
        assert_eq!(text_of_html("<a>1<div>2<a>3</div>4"), "1 2 3 4");
    }

    #[test]
    fn deep_nesting_takes_neither_stack_nor_quadratic_time() {
        let start = Instant::now();
        for tag in ["div", "b", "p", "span", "table", "svg", "ul><li", "font size=1", "template"] {
            let open = format!("<{tag}>").repeat(100_000);
            let name = tag.split([' ', '>']).next().unwrap();
            let close = format!("</{name}>").repeat(100_000);
            assert_eq!(text_of_html(&format!("{open}x{close}y")), "x y", "{tag}");
        }
        // A select in a select closes it: after an even number none is open.
        assert_eq!(text_of_html(&format!("{}x</select>y", "<select>".repeat(100_000))), "xy");
        assert!(start.elapsed() < Duration::from_mins(1), "took {:?}", start.elapsed());
    }

    #[test]
    fn beyond_the_depth_limit_tags_still_separate_and_raw_text_stays_raw() {
        let open = "<div>".repeat(2000);
        let markup = format!("{open}a<i>b</i>c</div>d<script>'<p>'</script><br>e");
        assert_eq!(text_of_html(&markup), "a b c d '<p>' e");
    }

    #[test]
    fn markup_that_explodes_comes_back_trimmed() {
        let open: Vec<String> = (0..200).map(|number| format!("<b id={number}>")).collect();
        let open = open.concat();
        let markup = format!(" <p>{open}{}\n", "<p>x</p>".repeat(20_000));
        assert!(text_of_html(&markup) == markup.trim());
    }

    #[test]
    fn many_attributes_take_no_quadratic_time() {
        let start = Instant::now();
        let many = |form: &str| (0..100_000).map(|number| form.replace('#', &number.to_string())).collect::<String>();
        for form in [" a#", "/a#", " a#=b/", " a#='>'", "a#=\"<\"", "\n=a#\0"] {
            let attributes = many(form);
            assert_eq!(text_of_html(&format!("<p>0<b {attributes} >1</b {attributes} >2<br {attributes} />3")), "0 1 2 3", "{form:?}");
            assert_eq!(text_of_html(&format!("<svg><path {attributes} />1</svg {attributes} >2<i {attributes}")), "1 2", "{form:?}");
            // In raw text there are no attributes.
            let raw = format!("<p {attributes}");
            let text = words_of(&format!("{raw} 1")).replace('\0', "\u{fffd}");
            assert_eq!(text_of_html(&format!("<xmp>{raw}</xmp {attributes} >1")), text, "{form:?}");
        }
        let hidden = format!("<script><!--<script></script x=\"</script><b{}>", many(" a#"));
        assert!(text_of_html(&hidden) == hidden);
        assert!(start.elapsed() < Duration::from_mins(1), "took {:?}", start.elapsed());
    }

    proptest! {
        #[test]
        fn attributes_that_are_cut_change_no_text(markup in concat!(
            r#"(</?(a|b|p|i|table|td|select|template|svg|math|title|script|xmp|textarea|plaintext)"#,
            r#"([ /\n](x|y|=z)?( ?= ?("[<>' ]?"|'[>" ]?'|[ab/'"<=]{1,2}))?){0,4}[ /]?>?"#,
            r#"|<!--|-->|--!>|<!|<\?|</|<!\[CDATA\[|\]\]>|&amp|[ab<>"'=/!\-\r\n \x00]){0,30}"#,
        ), most in 0_usize..4) {
            prop_assert_eq!(text_of_document(&markup, most), text_of_document(&markup, usize::MAX / 4));
        }

        #[test]
        fn plain_text_needs_no_parser(text in "[ -%'-;=-~\u{1}-\u{1f}\u{85}\u{a0}\u{feff}\u{2028}é李\u{180e}\u{1f600}]{0,40}") {
            prop_assume!(is_plain(&text));
            prop_assert_eq!(words_of(&text), text_of_document(&text, MOST_ATTRIBUTES));
        }

        #[test]
        fn any_plain_text_needs_no_parser(text in any::<String>()) {
            prop_assume!(is_plain(&text));
            prop_assert_eq!(words_of(&text), text_of_document(&text, MOST_ATTRIBUTES));
        }

        #[test]
        fn any_markup_gives_trimmed_words(markup in r#"(</?(a|b|p|i|table|tr|td|select|option|template|svg|math|title|script|li|form|button|textarea|frameset|body|html|head)( x="y")?/?>|&(lt|amp|nbsp|#0);?|[ax<>&/! \x00])*"#) {
            let text = text_of_html(&markup);
            let words: Vec<&str> = text.split(is_unicode_space).collect();
            prop_assert!(text.is_empty() || words.iter().all(|word| !word.is_empty()));
        }
    }
}
