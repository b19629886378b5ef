//! How often one caller may ask, and one address may be wrong. Invariant: what is remembered is
//! bounded, whoever asks, and what is forgotten first is what has been quiet.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use axum::response::{IntoResponse, Response};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, MonotonicClock, Reference},
    middleware::StateInformationMiddleware,
    state::keyed::HashMapStateStore,
};
use sijil_schemas::problem::ProblemKind;

use crate::{
    limits::{
        ADDRESSES_REMEMBERED_MAX, FAILED_TRIES_PER_MINUTE_MAX, PRINCIPALS_REMEMBERED_MAX,
        SERVICE_BURST_REQUESTS, SERVICE_REQUESTS_PER_SECOND_MAX, USER_BURST_REQUESTS,
        USER_REQUESTS_PER_SECOND_MAX,
    },
    problem::Problem,
};

/// How long a caller has to wait before the next request is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryAfter(Duration);

impl RetryAfter {
    /// Whole seconds, rounded up and never 0, as the header says them.
    #[must_use]
    pub fn seconds(self) -> u64 {
        (self.0.as_secs() + u64::from(self.0.subsec_nanos() > 0)).max(1)
    }
}

impl From<RetryAfter> for Problem {
    fn from(wait: RetryAfter) -> Problem {
        let seconds = wait.seconds();
        let detail = format!(
            "more is asked than one caller may in so short a time; the next request is taken after \
             {seconds} s"
        );
        Problem::new(ProblemKind::TooMany, detail).after(seconds)
    }
}

impl IntoResponse for RetryAfter {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}

/// Credentials that were not known, by the address they came from: after
/// [`FAILED_TRIES_PER_MINUTE_MAX`] of them an address has to wait.
///
/// An address is an IPv4 address or an IPv6 network of 64 bits, which one subscriber has whole.
/// Whoever asks from more than [`ADDRESSES_REMEMBERED_MAX`] addresses in a minute makes the counts
/// begin anew, but frees no address that waits already.
#[derive(Debug)]
pub struct Attempts<C: Clock = MonotonicClock> {
    clock: C,
    tries: Mutex<Tries<C>>,
}

#[derive(Debug)]
struct Tries<C: Clock> {
    failed: Limiter<IpAddr, C, StateInformationMiddleware>,
    /// The addresses that wait, and until when.
    waiting: HashMap<IpAddr, C::Instant>,
}

type Limiter<K, C, M> = RateLimiter<K, HashMapStateStore<K>, C, M>;

impl Default for Attempts {
    fn default() -> Attempts {
        Attempts::with_clock(MonotonicClock)
    }
}

impl<C: Clock + Clone> Attempts<C> {
    /// The same, by another clock.
    #[must_use]
    pub fn with_clock(clock: C) -> Attempts<C> {
        let tries = Tries { failed: failures(clock.clone()), waiting: HashMap::new() };
        Attempts { clock, tries: Mutex::new(tries) }
    }

    /// How many addresses are remembered, those that wait and those that were wrong lately.
    #[must_use]
    pub fn remembered(&self) -> usize {
        let tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        tries.failed.len() + tries.waiting.len()
    }

    /// Whether a credential from this address is looked at now.
    pub fn may_try(&self, from: IpAddr) -> Result<(), RetryAfter> {
        let tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(until) = tries.waiting.get(&network(from)) else { return Ok(()) };
        let wait: Duration = until.duration_since(self.clock.now()).into();
        if wait.is_zero() { Ok(()) } else { Err(RetryAfter(wait)) }
    }

    /// Counts a credential from this address that was not known.
    pub fn failed(&self, from: IpAddr) {
        let (address, now) = (network(from), self.clock.now());
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        if tries.failed.len() >= ADDRESSES_REMEMBERED_MAX {
            tries.failed.retain_recent();
            if tries.failed.len() >= ADDRESSES_REMEMBERED_MAX {
                tries.failed = failures(self.clock.clone());
            }
        }
        if tries.waiting.len() >= ADDRESSES_REMEMBERED_MAX {
            tries.waiting.retain(|_, until| *until > now);
        }
        let wait = match tries.failed.check_key(&address) {
            Ok(left) if left.remaining_burst_capacity() > 0 => return,
            Ok(left) => left.quota().replenish_interval(),
            Err(until) => until.wait_time_from(now),
        };
        if tries.waiting.len() < ADDRESSES_REMEMBERED_MAX || tries.waiting.contains_key(&address) {
            tries.waiting.insert(address, now + wait.into());
        }
    }
}

fn failures<C: Clock>(clock: C) -> Limiter<IpAddr, C, StateInformationMiddleware> {
    let quota = Quota::per_minute(FAILED_TRIES_PER_MINUTE_MAX);
    RateLimiter::hashmap_with_clock(quota, clock).with_middleware()
}

/// What one subscriber has: an address of IPv4, the first half of one of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64))),
        ip @ IpAddr::V4(_) => ip,
    }
}

/// Whom a quota is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pace {
    /// Who can read the key file of this machine: without limit.
    Local,
    /// A person.
    User,
    /// A program.
    Service,
}

/// Requests of each principal, by its kind: so many at once, and then so many a second.
#[derive(Debug)]
pub struct Quotas<C: Clock = MonotonicClock> {
    users: ByName<C>,
    services: ByName<C>,
    clock: C,
}

type ByName<C> = Limiter<String, C, governor::middleware::NoOpMiddleware<<C as Clock>::Instant>>;

impl Default for Quotas {
    fn default() -> Quotas {
        Quotas::with_clock(MonotonicClock)
    }
}

impl<C: Clock + Clone> Quotas<C> {
    /// The same, by another clock.
    #[must_use]
    pub fn with_clock(clock: C) -> Quotas<C> {
        let of = |per_second: NonZeroU32, burst: NonZeroU32| {
            let quota = Quota::per_second(per_second).allow_burst(burst);
            RateLimiter::hashmap_with_clock(quota, clock.clone())
        };
        Quotas {
            users: of(USER_REQUESTS_PER_SECOND_MAX, USER_BURST_REQUESTS),
            services: of(SERVICE_REQUESTS_PER_SECOND_MAX, SERVICE_BURST_REQUESTS),
            clock,
        }
    }

    /// How many principals are remembered.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.users.len() + self.services.len()
    }

    /// Counts one request of a principal, or says how long it has to wait. Principals are known
    /// callers, so that there are no more of them than the ledger has; those that were quiet are
    /// forgotten where there are more than [`PRINCIPALS_REMEMBERED_MAX`].
    pub fn take(&self, principal: &str, pace: Pace) -> Result<(), RetryAfter> {
        let limiter = match pace {
            Pace::Local => return Ok(()),
            Pace::User => &self.users,
            Pace::Service => &self.services,
        };
        if limiter.len() >= PRINCIPALS_REMEMBERED_MAX {
            limiter.retain_recent();
        }
        limiter
            .check_key(&principal.to_owned())
            .map_err(|until| RetryAfter(until.wait_time_from(self.clock.now())))
    }
}
