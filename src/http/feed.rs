//! The live feed: records as they become durable, for those that follow. Invariant: a follower
//! learns how far it has come at least once in a beat, also where nothing passes its filter, and
//! why its stream ends.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Extension,
    http::{HeaderMap, Method},
    response::{
        IntoResponse, Response,
        sse::{Event as SseEvent, Sse},
    },
};
use sijil_ledger::{Desk, Export, Filter, ReadError, position};
use sijil_schemas::{ExportPurpose, Position, problem::ProblemKind};
use tokio_stream::wrappers::ReceiverStream;

use crate::{
    app::App,
    asked::Asked,
    limits::STREAM_LAST_MS,
    lines,
    problem::Problem,
    read::{filter, nothing_left, shown_json, taken_position, within_log},
    serve::Following,
};

/// `GET /v1/events/stream`: records as they become durable; resumes after `Last-Event-ID`.
pub(crate) async fn stream(
    app: App,
    following: Option<Extension<Following>>,
    method: Method,
    headers: HeaderMap,
    Asked(mut parameters): Asked,
) -> Result<Response, Problem> {
    let filter = filter(&app, &mut parameters)?;
    let asked = taken_position(&mut parameters, "after")?;
    nothing_left(&parameters, "type, family, entity, actor, from, as_of, known_at, after")?;
    let last = match headers.get("last-event-id").map(|v| v.to_str().unwrap_or("")) {
        Some(text) => Some(position(text).ok_or_else(|| {
            Problem::new(ProblemKind::InvalidHeader, "Last-Event-ID: expected a position")
        })?),
        None => None,
    };
    let from = last.or(asked);
    app.desk.vouches(filter.known_at)?;
    let taking = lines::taking(&app.desk, &filter, ExportPurpose::Following);
    // Where no body leaves, nothing is taken out.
    let is_taken = method != Method::HEAD;
    let begin = move |desk: &Desk| {
        from.map_or(Ok(()), |after| within_log(desk, after))?;
        Ok(if is_taken { Some(desk.export(taking)?) } else { None })
    };
    let (sender, receiver) = tokio::sync::mpsc::channel::<Result<SseEvent, ReadError>>(64);
    let answer = Sse::new(ReceiverStream::new(receiver)).into_response();
    let Some(export) = app.blocking(begin).await? else { return Ok(answer) };
    let after = from.unwrap_or_else(|| app.desk.durable());
    if let Some(Extension(following)) = following {
        following.begin();
    }
    let feed = Feed { app, filter, export, sender, told: after, spoke: Instant::now() };
    tokio::spawn(feed.follow(after));
    Ok(answer)
}

/// A feed to one follower.
struct Feed {
    app: App,
    filter: Filter,
    export: Export,
    sender: tokio::sync::mpsc::Sender<Result<SseEvent, ReadError>>,
    /// The position the follower knows, and when it last heard of one.
    told: Position,
    spoke: Instant,
}

/// Why a feed ends.
enum Ended {
    /// The follower is gone, or the ledger.
    Gone,
    /// What follows cannot be read.
    Unreadable(ReadError),
}

impl From<ReadError> for Ended {
    fn from(error: ReadError) -> Ended {
        Ended::Unreadable(error)
    }
}

impl Feed {
    async fn follow(mut self, after: Position) {
        let ended = self.feed(after).await;
        let Feed { export, sender, .. } = self;
        // A follower asks for what comes: it has all of it unless something was left out.
        let whole = !matches!(ended, Err(Ended::Unreadable(_)));
        drop(tokio::task::spawn_blocking(move || export.end(whole)).await);
        let Err(Ended::Unreadable(error)) = ended else { return };
        // A stream that ended here would look as if nothing more had been recorded: it says why,
        // and breaks off.
        let problem = Problem::from(error.clone()).text();
        if sender.send(Ok(SseEvent::default().event("problem").data(problem))).await.is_ok() {
            // An error tears the connection down at once, and what is not on its way by then never
            // is.
            tokio::time::sleep(Duration::from_millis(STREAM_LAST_MS)).await;
            drop(sender.send(Err(error)).await);
        }
    }
    /// Sends records until the follower has gone or the ledger stops.
    async fn feed(&mut self, mut after: Position) -> Result<(), Ended> {
        let (mut head, mut caught_up) = (self.app.head.clone(), false);
        let mut ending = self.app.ending.subscribe();
        loop {
            if *ending.borrow() {
                return self
                    .say(after, |event| {
                        event
                            .event("end")
                            .data("the server is ending; come back with this id as Last-Event-ID")
                    })
                    .await;
            }
            head.borrow_and_update();
            let (wanted, desk) = (self.filter.clone(), self.app.desk.clone());
            let read = move || {
                let page = desk.page(&wanted, after, 256)?;
                // Nothing goes out behind the record that takes the right to it away.
                Ok::<_, ReadError>((desk.still(page.seen).is_ok(), page))
            };
            let read = tokio::task::spawn_blocking(read).await;
            let (is_as_it_was, page) = read.map_err(|panic| ReadError::Io {
                what: "read the records that follow".into(),
                source: Arc::new(io::Error::other(panic)),
            })??;
            if !is_as_it_was {
                return self
                    .say(after, |event| {
                        event.event("access").data(
                            "what you may see has changed; come back with this id as \
                             Last-Event-ID and a credential that is good",
                        )
                    })
                    .await;
            }
            for stored in &page.records {
                let value = shown_json(&self.app.desk, stored)?;
                let name = value["type"].as_str().unwrap_or("event").to_owned();
                let text = value.to_string();
                self.say(stored.position(), |event| event.event(name).data(&text)).await?;
                self.export.take(1, text.as_bytes());
            }
            after = after.max(page.seen);
            // Long stretches may hold nothing that passes. Whoever has come to the end for the
            // first time is told so at once.
            let at_last = page.next.is_none() && !caught_up && after > self.told;
            if at_last || self.spoke.elapsed() >= self.app.beat {
                self.say(after, |event| event).await?;
            }
            if page.next.is_none() {
                caught_up = true;
                tokio::select! {
                    changed = head.changed() => changed.map_err(|_| Ended::Gone)?,
                    _ = ending.changed() => (),
                    () = self.sender.closed() => return Err(Ended::Gone),
                    () = tokio::time::sleep_until((self.spoke + self.app.beat).into()) => (),
                }
            }
        }
    }
    /// Says something at a position. Without data it is a sign of life, by which the follower
    /// resumes there and need not read again what does not pass.
    async fn say(
        &mut self,
        position: Position,
        what: impl FnOnce(SseEvent) -> SseEvent,
    ) -> Result<(), Ended> {
        (self.told, self.spoke) = (position, Instant::now());
        self.sender
            .send(Ok(what(SseEvent::default().id(position.to_string()))))
            .await
            .map_err(|_| Ended::Gone)
    }
}
