//! The tokens of a source file, and the paths in them.

use proc_macro2::{Delimiter, LexError, Spacing, TokenStream, TokenTree};

/// A token of a file. Groups are flattened: their delimiters are tokens.
pub(super) struct Token {
    /// An identifier without `r#`, a punctuation mark, `::`, a delimiter, or `"` for any literal.
    pub(super) text: String,
    /// The number of enclosing groups.
    pub(super) groups: usize,
    /// The number of enclosing inline modules.
    pub(super) modules: usize,
}

/// Returns the tokens of a file, with those in macros. Doc comments are attributes.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, LexError> {
    let mut found = Vec::new();
    flatten(text.parse()?, (0, 0), &mut found);
    Ok(found)
}

fn flatten(stream: TokenStream, (groups, modules): (usize, usize), found: &mut Vec<Token>) {
    let mut colon = false;
    for tree in stream {
        let mut push = |text: String| found.push(Token { text, groups, modules });
        let joint = matches!(&tree, TokenTree::Punct(p) if p.spacing() == Spacing::Joint);
        match tree {
            TokenTree::Ident(name) => push(name.to_string().trim_start_matches("r#").to_owned()),
            TokenTree::Literal(_) => push("\"".to_owned()),
            TokenTree::Punct(mark) if mark.as_char() == ':' && colon => {
                found.last_mut().expect("the first colon").text = "::".to_owned();
                colon = false;
                continue;
            }
            TokenTree::Punct(mark) => {
                push(mark.to_string());
                colon = mark.as_char() == ':' && joint;
                continue;
            }
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::None => ("", ""),
                };
                push(open.to_owned());
                let before: Vec<&str> = found.iter().rev().map(|t| &*t.text).take(4).collect();
                let inline = matches!(before[..], ["{", _, "mod", ..] | ["{", _, "$", "mod"]);
                flatten(group.stream(), (groups + 1, modules + usize::from(inline)), found);
                found.push(Token { text: close.to_owned(), groups, modules });
            }
        }
        colon = false;
    }
}

/// Returns `true` if the texts of the first tokens are these words, which spaces separate.
fn starts(tokens: &[Token], words: &str) -> bool {
    let mut texts = tokens.iter().map(|token| &*token.text);
    words.split(' ').all(|word| texts.next() == Some(word))
}

/// Returns the positions at which these words occur.
pub(super) fn find(tokens: &[Token], words: &str) -> Vec<usize> {
    (0..tokens.len()).filter(|at| starts(&tokens[*at..], words)).collect()
}

/// Returns the paths from `crate`, `super` and `epione`, each with the position of its start, with
/// braces resolved: `use crate::{a, b::{c, d}}` gives `crate::a`, `crate::b::c`, `crate::b::d`.
pub(super) fn paths(tokens: &[Token]) -> Vec<(usize, Vec<&str>)> {
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let follows = at > 0 && tokens[at - 1].text == "::";
        let in_path =
            follows && at > 1 && is_name(&tokens[at - 2]) && tokens[at - 2].text != "self";
        let visibility = at > 1 && starts(&tokens[at - 2..], &format!("pub ( {} )", token.text));
        if ["crate", "super", "epione"].contains(&&*token.text) && !in_path && !visibility {
            let mut ends = Vec::new();
            expand(Vec::new(), &tokens[at..], &mut ends);
            found.extend(ends.into_iter().map(|path| (at, path)));
        }
    }
    found
}

fn is_name(token: &Token) -> bool {
    token.text.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// Adds the paths that continue `prefix`.
fn expand<'a>(mut prefix: Vec<&'a str>, tokens: &'a [Token], found: &mut Vec<Vec<&'a str>>) {
    let Some(first) = tokens.first() else { return found.push(prefix) };
    if first.text == "{" {
        // The elements of the list start after its brace and after its commas.
        let inside = tokens[1..].iter().take_while(|token| token.groups > first.groups).count();
        let inside = &tokens[1..=inside];
        let starts_element = |at: usize| {
            at == 0 || starts(&inside[at - 1..], ",") && inside[at - 1].groups == first.groups + 1
        };
        for at in (0..inside.len()).filter(|at| starts_element(*at)) {
            expand(prefix.clone(), &inside[at..], found);
        }
        return;
    }
    prefix.push(&first.text);
    match tokens.get(1) {
        Some(next) if next.text == "::" => expand(prefix, &tokens[2..], found),
        _ => found.push(prefix),
    }
}
