//! The rendered reference and the pages of problems. Invariant: needs nothing from outside, and
//! every problem's `type` leads here.

use axum::response::Response;
use sijil_projections::reports;
use sijil_schemas::problem::ProblemKind;

use crate::{
    asked::Named,
    html::{escaped, page},
    pages::page as page_of,
    problem::{Problem, title},
    routes,
};

/// The name of every problem there is, in order.
pub fn problem_names() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = ProblemKind::ALL.iter().map(|kind| kind.name()).collect();
    names.sort_unstable();
    names
}

/// `GET /docs`: every route, report and problem.
pub(crate) async fn reference() -> Response {
    let mut body = String::from(
        "<p>The event-sourced ledger of a trading company. The same as <a \
         href=/openapi.json>OpenAPI</a>.</p><h2>Routes</h2><table>",
    );
    for route in routes::all() {
        let query: Vec<String> = route
            .query
            .iter()
            .map(|p| format!("<code>{}</code> {}", p.name, escaped(p.about)))
            .collect();
        let (method, path) = (route.method.to_uppercase(), escaped(&route.path));
        body.push_str(&format!(
            "<tr><td><code>{method}</code><td><code>{path}</code><td>{}<br><small>{}</small>",
            escaped(route.about),
            query.join("; ")
        ));
    }
    body.push_str(
        "</table><h2>Reports</h2><p>All take <code>as_of</code>, <code>known_at</code>, \
         <code>at_least</code>, and for their rows <code>nonzero</code>, <code>sort</code>, \
         <code>limit</code>, <code>after</code> and <code>total</code>.</p><table>",
    );
    for report in reports::all() {
        let parameters: Vec<String> = report
            .parameters
            .iter()
            .map(|p| format!("<code>{}</code> {}", p.name, escaped(p.about)))
            .collect();
        body.push_str(&format!(
            "<tr id={name}><td><code>{name}</code><td><b>{}</b> <i>{}</i><br>{}\
             <br><small>{}<br>{}</small><td><small>{}</small>",
            escaped(report.title),
            escaped(report.question),
            escaped(report.about),
            escaped(report.formula),
            escaped(report.source),
            parameters.join("<br>"),
            name = report.name
        ));
    }
    body.push_str("</table><h2>Problems</h2><ul>");
    for name in problem_names() {
        body.push_str(&format!("<li><a href=/docs/problems/{name}>{}</a>", title(name)));
    }
    body.push_str("</ul>");
    page("Reference", &body)
}

/// `GET /docs/problems/{name}`: what it means and what to do.
pub(crate) async fn problem(Named(name): Named) -> Result<Response, Problem> {
    let text = ProblemKind::named(&name).map(page_of).ok_or_else(|| {
        Problem::not_found(format!("no problem is named {name:?}; GET /docs lists them all"))
    })?;
    let paragraphs: String =
        text.split("\n\n").map(|p| format!("<p>{}</p>", escaped(p.trim()))).collect();
    Ok(page(&title(&name), &format!("{paragraphs}<p><a href=/docs>All problems</a></p>")))
}
