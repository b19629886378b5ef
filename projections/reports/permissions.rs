//! Who could see and do what. Invariant: a row stands for one thing that somebody may do by one
//! grant, as of a moment, by what was known; what a key takes away is not counted.

use std::collections::BTreeMap;

use sijil_schemas::{
    May, Position, RightFamily, RightScope,
    id::{EntityRef, Kind},
    shipped,
    time::Timestamp,
};

use crate::{
    access::GrantState,
    report::{
        ColumnKind, Context, Draw, Picture, Report, ReportError, Sight, Table, Value, col, key,
    },
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "permissions",
    title: "Permissions",
    about: "Who could see and do what, how much of it, and by which grant?",
    formula: "one row per holder, grant, family, may and scope: the rights of the role (as the \
              release has them, else as last defined up to as_of) within the grant's scope; of \
              users who are not suspended and integrations, by grants recorded up to as_of, not \
              revoked until then, whose span holds as_of's last moment; what a key narrows is not \
              counted",
    source: "TRUST 0.5, 2.3",
    edition: 1,
    question: "Who could see and do what?",
    draws_on: &["access"],
    sight: Sight::Whole,
    pictures: &[Picture::always(Draw::Lanes { lane: "holder", from: "from", to: Some("until") })],
    needs_as_of: true,
    parameters: &[],
    only: &[],
    run,
});

/// How much a role's right reaches by a grant: both must let it pass.
fn within(right: &RightScope, grant: Option<&RightScope>) -> String {
    match (right, grant) {
        (right, None | Some(RightScope::All)) => right.to_string(),
        (RightScope::All, Some(grant)) => grant.to_string(),
        (right, Some(grant)) if right == grant => right.to_string(),
        (right, Some(grant)) => format!("{right}&{grant}"),
    }
}

/// What a role gives: a family, what may be done with it, and how much of it.
fn rights(ctx: &Context<'_>, role: &str) -> Vec<(RightFamily, May, RightScope)> {
    if let Some(lots) = shipped::lots(role) {
        let of = |lot: &shipped::Lot| {
            let (may, reach) = (lot.may, lot.reach);
            lot.families
                .iter()
                .flat_map(move |family| may.iter().map(move |may| (*family, *may, reach.scope())))
        };
        return lots.iter().flat_map(of).collect();
    }
    let defined = ctx.views.access.role(role, ctx.lens()).unwrap_or_default();
    let of = |right: sijil_schemas::Right| {
        let (family, scope) = (right.family, right.scope);
        right.may.into_iter().map(move |may| (family, may, scope.clone()))
    };
    defined.into_iter().flat_map(of).collect()
}

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let mut table = Table::new(&[
        key("holder", ColumnKind::Text),
        key("grant", ColumnKind::Id),
        key("family", ColumnKind::Text),
        key("may", ColumnKind::Text),
        key("scope", ColumnKind::Text),
        col("role", ColumnKind::Text),
        col("from", ColumnKind::Time),
        col("until", ColumnKind::Time),
    ]);
    let (access, lens) = (ctx.views.access, ctx.lens());
    let now = Timestamp::from_micros(ctx.cut.before.micros() - 1).unwrap_or(Timestamp::MIN);
    let stands = |grant: &GrantState<'_>| grant.holds(now) && works(ctx, &grant.to);
    let grants = access.grants(lens).into_iter().filter_map(|grant| access.grant(grant, lens));
    let mut rows: BTreeMap<[String; 5], (GrantState<'_>, Vec<Position>)> = BTreeMap::new();
    for grant in grants.filter(stands) {
        let grounds = grounds(ctx, &grant);
        for (family, may, scope) in rights(ctx, grant.role) {
            let scope = within(&scope, grant.scope.as_ref());
            let (holder, id) = (grant.to.to_string(), grant.grant.to_owned());
            let row = [holder, id, family.name().to_owned(), may.name().to_owned(), scope];
            rows.insert(row, (grant.clone(), grounds.clone()));
        }
    }
    for ([holder, id, family, may, scope], (grant, grounds)) in rows {
        let said = |value: Value| value.because(ctx.said_by(grounds.iter().copied()));
        let moment = |at: Option<Timestamp>| said(at.map_or(Value::Null, Value::Time));
        table.push(vec![
            said(Value::Text(holder)),
            said(Value::Id(id)),
            said(Value::Text(family)),
            said(Value::Text(may)),
            said(Value::Text(scope)),
            said(Value::Text(grant.role.to_owned())),
            moment(Some(grant.from.map_or(grant.at, |from| from.max(grant.at)))),
            moment(grant.until),
        ]);
    }
    Ok(table)
}

/// Whether a holder can do anything at all.
fn works(ctx: &Context<'_>, holder: &EntityRef) -> bool {
    holder.kind != Kind::User || ctx.views.access.can_work(holder.id(), ctx.lens())
}

/// The records that say what a grant gives.
fn grounds(ctx: &Context<'_>, grant: &GrantState<'_>) -> Vec<Position> {
    let (access, lens) = (ctx.views.access, ctx.lens());
    let role = access.role_said(grant.role, lens);
    let user = access.user_said(grant.to.id(), lens).filter(|_| grant.to.kind == Kind::User);
    [Some(grant.granted), role, user].into_iter().flatten().collect()
}
