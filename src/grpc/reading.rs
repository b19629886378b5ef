//! Answers to read requests, page by page. Invariant: a client gets every event that passes, once,
//! in order; a slow one holds up itself alone, and one that has lost the right to read gets no page
//! that reaches beyond the record which took it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use tokio::{
    sync::{mpsc, watch},
    task::spawn_blocking,
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Response, Status};

use crate::{
    limits::{
        BEHIND_LOOKS_MAX, BEHIND_PAUSE_MS, CHECKPOINT_EVENTS, PAGE_EVENTS_MAX, QUEUE_MESSAGES_MAX,
        WAIT_MS_MAX,
    },
    plan::{Extent, Plan, Start},
    protocol::event_store::client::streams::{ReadReq, ReadResp},
    refusal::beyond_head,
    say,
    source::{Direction, Place, Scan, Source, SourceError, StreamEvent},
};

/// The messages of one answer.
pub type Responses = ReceiverStream<Result<ReadResp, Status>>;

/// Whoever reads.
pub trait Audience: Send + Sync + 'static {
    /// Whether it may go on: asked anew with each page, and while one waits.
    fn may_go_on(&self) -> Result<(), Status> {
        Ok(())
    }
    /// Hears that all events are read, before the first leaves: those there are, or also those that
    /// come.
    fn begin(&self, _follows: bool) -> Result<(), Status> {
        Ok(())
    }
    /// Hears of each event that leaves after that.
    fn sent(&self, _event: &StreamEvent) {}
    /// Hears that it ended, whole or broken off.
    fn end(&self, _whole: bool) {}
}

/// Answers read requests from a source.
pub struct Reading<S> {
    source: Arc<S>,
    /// The head, as one thread sees it for all subscriptions: they may be many, and wait long.
    head: watch::Receiver<u64>,
    /// Grows whenever the answers under way are to end.
    endings: Arc<AtomicU64>,
    /// Whether they end because the server does.
    closing: Arc<AtomicBool>,
}

impl<S> Clone for Reading<S> {
    fn clone(&self) -> Reading<S> {
        Reading {
            source: self.source.clone(),
            head: self.head.clone(),
            endings: self.endings.clone(),
            closing: self.closing.clone(),
        }
    }
}

impl<S: Source> Reading<S> {
    /// Reads from `source`.
    pub fn new(source: Arc<S>) -> Reading<S> {
        let (told, head) = watch::channel(source.head());
        let watched = source.clone();
        let follow = move || {
            while !told.is_closed() {
                let at = *told.borrow();
                let head = watched.wait(at, Duration::from_millis(WAIT_MS_MAX));
                told.send_if_modified(|known| std::mem::replace(known, head) != head);
            }
        };
        if let Err(error) = thread::Builder::new().name("streams".into()).spawn(follow) {
            tracing::error!(
                %error,
                "the machine gives no thread for subscriptions; they end once they have caught up"
            );
        }
        Reading { source, head, endings: Arc::default(), closing: Arc::default() }
    }
    /// Ends every answer that is under way, without an error, as a server does that shuts down.
    pub fn end(&self) {
        self.endings.fetch_add(1, Ordering::AcqRel);
    }
    /// Ends every answer that is under way, and those that come: each is told that the server is
    /// ending. One that ended without a word would look whole.
    pub fn close(&self) {
        self.closing.store(true, Ordering::Release);
        self.end();
    }
    /// Answers one request, for as long as its audience may go on.
    pub async fn read(
        &self,
        request: ReadReq,
        audience: Arc<dyn Audience>,
    ) -> Result<Response<Responses>, Status> {
        let plan = Plan::new(request)?;
        let is_bulk = self.source.is_all(&plan.place);
        let place = plan.place.clone();
        let extent = self.blocking(move |source| source.extent(&place)).await?;
        if is_bulk {
            let (told, follows) = (audience.clone(), plan.extent == Extent::Live);
            let begun = spawn_blocking(move || told.begin(follows)).await;
            begun.map_err(|error| Status::internal(error.to_string()))??;
        }
        let (sender, receiver) = mpsc::channel(QUEUE_MESSAGES_MAX);
        let answer = Answer {
            reading: self.clone(),
            endings: self.endings.load(Ordering::Acquire),
            audience,
            is_bulk,
            plan,
            sender,
        };
        tokio::spawn(async move { answer.run(extent).await });
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    async fn blocking<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&S) -> Result<T, SourceError> + Send + 'static,
    ) -> Result<T, Status> {
        let source = self.source.clone();
        spawn_blocking(move || ask(&source))
            .await
            .map_err(|error| Status::internal(error.to_string()))?
            .map_err(Status::from)
    }
}

/// The client has gone, or answers were told to end.
struct Gone;

enum Stop {
    Gone,
    Failed(Status),
}

impl From<Gone> for Stop {
    fn from(_: Gone) -> Stop {
        Stop::Gone
    }
}
impl From<Status> for Stop {
    fn from(status: Status) -> Stop {
        Stop::Failed(status)
    }
}

struct Answer<S> {
    reading: Reading<S>,
    endings: u64,
    audience: Arc<dyn Audience>,
    /// Whether all events are read, and not those of one stream.
    is_bulk: bool,
    plan: Plan,
    sender: mpsc::Sender<Result<ReadResp, Status>>,
}

impl<S: Source> Answer<S> {
    async fn run(self, extent: Option<(u64, u64)>) {
        let outcome = match self.plan.extent {
            Extent::Events(wanted) => self.count(extent, wanted).await,
            Extent::Live => self.follow(extent).await,
        };
        if self.is_bulk {
            // Who follows asks for no end: it has all, unless something was left out.
            let whole = match &outcome {
                Ok(()) => true,
                Err(Stop::Gone) => self.plan.extent == Extent::Live,
                Err(Stop::Failed(_)) => false,
            };
            let told = self.audience.clone();
            drop(spawn_blocking(move || told.end(whole)).await);
        }
        let last = match outcome {
            Err(Stop::Failed(status)) => status,
            Err(Stop::Gone) if self.reading.closing.load(Ordering::Acquire) => Status::unavailable(
                "the server is ending; read on from the last event you have, when it is back",
            ),
            Ok(()) | Err(Stop::Gone) => return,
        };
        drop(self.sender.send(Err(last)).await);
    }

    async fn say(&self, message: ReadResp) -> Result<(), Gone> {
        if self.reading.endings.load(Ordering::Acquire) != self.endings {
            return Err(Gone);
        }
        self.sender.send(Ok(message)).await.map_err(|_| Gone)
    }

    /// A page, unless the client has gone: with a filter that nothing passes, nothing else would
    /// tell.
    async fn page(&self, scan: Scan) -> Result<Vec<StreamEvent>, Stop> {
        if self.sender.is_closed() || self.reading.endings.load(Ordering::Acquire) != self.endings {
            return Err(Stop::Gone);
        }
        let place = self.plan.place.clone();
        let events = self.reading.blocking(move |source| source.read(&place, scan)).await?;
        // Asked after the page was read: whatever takes the right away and stands in the page, or
        // before it, is known by now.
        self.may_go_on().await?;
        Ok(events)
    }

    async fn may_go_on(&self) -> Result<(), Stop> {
        let audience = self.audience.clone();
        let asked = spawn_blocking(move || audience.may_go_on()).await;
        Ok(asked.map_err(|error| Status::internal(error.to_string()))??)
    }

    fn number(&self, event: &StreamEvent) -> u64 {
        if self.plan.place == Place::All { event.position } else { event.revision }
    }

    /// Sends the event if it passes; says whether it did.
    async fn offer(&self, event: StreamEvent) -> Result<bool, Stop> {
        let passes = match &self.plan.filter {
            Some(filter) => filter.passes(&event)?,
            None => true,
        };
        if passes {
            if self.is_bulk {
                self.audience.sent(&event);
            }
            self.say(say::event(event, self.plan.structured_ids)).await?;
        }
        Ok(passes)
    }

    async fn count(&self, extent: Option<(u64, u64)>, wanted: u64) -> Result<(), Stop> {
        let Some((first, last)) = extent else {
            if let Place::Stream(name) = &self.plan.place {
                self.say(say::not_found(name)).await?;
            }
            return Ok(());
        };
        let direction = self.plan.direction;
        let mut from = match (self.plan.start, direction) {
            (Start::First, Direction::Forwards) => first,
            (Start::Last, Direction::Backwards) => last,
            // Nothing stands before the start, nor after the end.
            (Start::First, Direction::Backwards) | (Start::Last, Direction::Forwards) => {
                return self.bound(last).await;
            }
            (Start::At(number), Direction::Forwards) => number.max(first),
            // A position of $all names the place before the event that stands there; a revision
            // names the event.
            (Start::At(number), Direction::Backwards) if self.plan.place == Place::All => {
                match number.min(last.saturating_add(1)).checked_sub(1) {
                    Some(before) if before >= first => before,
                    _ => return self.bound(last).await,
                }
            }
            (Start::At(number), Direction::Backwards) => number.min(last),
        };
        let mut left = wanted;
        while left > 0 {
            let limit = usize::try_from(left).unwrap_or(usize::MAX).min(PAGE_EVENTS_MAX);
            let limit = if self.plan.filter.is_some() { PAGE_EVENTS_MAX } else { limit };
            let events = self.page(Scan { from, direction, limit }).await?;
            let Some(end) = events.last().map(|event| self.number(event)) else { break };
            for event in events {
                // What was recorded since is no part of what was asked for.
                if left > 0 && self.number(&event) <= last && self.offer(event).await? {
                    left -= 1;
                }
            }
            from = match direction {
                Direction::Forwards => end + 1,
                Direction::Backwards if end <= first => break,
                Direction::Backwards => end - 1,
            };
            if direction == Direction::Forwards && from > last {
                break;
            }
        }
        self.bound(last).await
    }

    async fn bound(&self, last: u64) -> Result<(), Stop> {
        if self.plan.bounds {
            self.say(say::last(&self.plan.place, last)).await?;
        }
        Ok(())
    }

    /// Goes on after what the client has. A client that has more than there is has read another
    /// history, as after the log was restored from an older state: it would miss in silence what
    /// comes instead.
    async fn after(&self, number: u64, extent: Option<(u64, u64)>) -> Result<u64, Stop> {
        let (mut last, mut looks) = (extent.map(|(_, last)| last), 0);
        while last.is_none_or(|last| last < number) {
            if looks == BEHIND_LOOKS_MAX {
                return Err(beyond_head(number, last).into());
            }
            // Another node may have given the client what this one has not heard of yet.
            tokio::time::sleep(Duration::from_millis(BEHIND_PAUSE_MS)).await;
            let place = self.plan.place.clone();
            last = self
                .reading
                .blocking(move |source| source.extent(&place))
                .await?
                .map(|(_, last)| last);
            looks += 1;
        }
        Ok(number.saturating_add(1))
    }

    async fn follow(&self, extent: Option<(u64, u64)>) -> Result<(), Stop> {
        let first = u64::from(self.plan.place == Place::All);
        let mut from = match self.plan.start {
            Start::First => first,
            Start::Last => extent.map_or(first, |(_, last)| last + 1),
            // Zero of $all stands before everything.
            Start::At(0) if self.plan.place == Place::All => first,
            Start::At(number) => self.after(number, extent).await?,
        };
        self.say(say::confirmed()).await?;
        let checkpoint_events =
            self.plan.filter.as_ref().map_or(CHECKPOINT_EVENTS, |filter| filter.checkpoint_events);
        let (mut looked_at, mut caught_up) = (0, false);
        loop {
            let head = self.reading.source.head();
            let events = self
                .page(Scan { from, direction: Direction::Forwards, limit: PAGE_EVENTS_MAX })
                .await?;
            if events.is_empty() {
                if !caught_up {
                    if self.plan.filter.is_some() && looked_at > 0 {
                        self.say(say::checkpoint(from - 1)).await?;
                        looked_at = 0;
                    }
                    self.say(say::caught_up()).await?;
                    caught_up = true;
                }
                self.wait(head).await?;
                continue;
            }
            for event in events {
                from = self.number(&event) + 1;
                looked_at += 1;
                self.offer(event).await?;
                if self.plan.filter.is_some() && looked_at >= checkpoint_events {
                    self.say(say::checkpoint(from - 1)).await?;
                    looked_at = 0;
                }
            }
        }
    }

    /// Waits for the head to pass a position; ends if the client goes meanwhile.
    async fn wait(&self, past: u64) -> Result<(), Stop> {
        let mut head = self.reading.head.clone();
        loop {
            let grown = async { head.wait_for(|head| *head > past).await.is_ok() };
            let grown = tokio::select! {
                grown = timeout(Duration::from_millis(WAIT_MS_MAX), grown) => grown,
                () = self.sender.closed() => return Err(Stop::Gone),
            };
            if self.reading.endings.load(Ordering::Acquire) != self.endings {
                return Err(Stop::Gone);
            }
            match grown {
                Ok(true) => return Ok(()),
                Ok(false) => return Err(Stop::Gone),
                // A key that has expired is told by no record.
                Err(_elapsed) => self.may_go_on().await?,
            }
        }
    }
}
