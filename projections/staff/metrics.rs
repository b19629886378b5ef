//! The built-in metrics. Invariant: a metric that is not listed here cannot be targeted or asked
//! for.

use sijil_schemas::Better;

/// What a metric counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Money, one figure per currency.
    Money,
    /// Things.
    Count,
    /// A share of the whole.
    Percent,
    /// A span of time, in minutes unless the company's own measure says hours or days.
    Time,
}

macro_rules! metrics {
    ($($(#[$doc:meta])* $variant:ident $name:literal $unit:ident $better:ident;)*) => {
        /// A built-in metric.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Metric { $($(#[$doc])* $variant,)* }

        impl Metric {
            /// Every metric, in the order reports show them.
            pub const ALL: &[Metric] = &[$(Metric::$variant,)*];
            /// Their names, in the same order.
            pub const NAMES: &[&'static str] = &[$($name,)*];
            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Metric::$variant => $name,)* }
            }
            /// What it counts.
            #[must_use]
            pub const fn unit(self) -> Unit {
                match self { $(Metric::$variant => Unit::$unit,)* }
            }
            /// Which way is good, unless the company's own measure says otherwise.
            #[must_use]
            pub const fn better(self) -> Better {
                match self { $(Metric::$variant => Better::$better,)* }
            }
        }
    };
}

metrics! {
    /// What won deals brought.
    WonAmount "won_amount" Money Up;
    /// How many deals were won.
    WonCount "won_count" Count Up;
    /// Won ÷ (won + lost), by close date.
    WinRate "win_rate" Percent Up;
    /// How many deals were opened.
    NewDeals "new_deals" Count Up;
    /// Net sales: invoices less credit notes, without tax.
    NetSales "net_sales" Money Up;
    /// How many orders were placed and not cancelled.
    Orders "orders" Count Up;
    /// What these orders come to, without tax.
    OrderAmount "order_amount" Money Up;
    /// Payments received less refunds and reversals.
    CollectedPayments "collected_payments" Money Up;
    /// What own clients owe and was due more than 30 days before the day measured.
    ReceivablesOver30 "receivables_over_30" Money Down;
    /// Interactions by any channel.
    Interactions "interactions" Count Up;
    /// Meetings.
    Meetings "interactions_meeting" Count Up;
    /// Telephone calls.
    Calls "interactions_call" Count Up;
    /// Short messages.
    ShortMessages "interactions_sms" Count Up;
    /// Letters by mail.
    Emails "interactions_email" Count Up;
    /// Messenger chats.
    Chats "interactions_chat" Count Up;
    /// Obligations fulfilled on time ÷ obligations judged.
    Compliance "compliance" Percent Up;
    /// Median time from a client's first unanswered word to the answer.
    ResponseTime "response_time" Time Down;
    /// Tasks past due, neither done nor cancelled on the day measured.
    OverdueTasks "overdue_tasks" Count Down;
    /// Claims opened that one was given, or else of own clients.
    Claims "claims" Count Down;
}

impl Metric {
    /// The metric of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Metric> {
        Metric::ALL.iter().copied().find(|metric| metric.name() == name)
    }
    /// Whether it is measured on a day rather than over a period.
    #[must_use]
    pub const fn is_standing(self) -> bool {
        matches!(self, Metric::ReceivablesOver30 | Metric::OverdueTasks)
    }
    /// Whether a measure of the company's own may count this metric in this unit.
    #[must_use]
    pub fn takes(self, unit: &str) -> bool {
        match self.unit() {
            Unit::Money => unit.parse::<sijil_schemas::money::Currency>().is_ok(),
            Unit::Count => unit == "count",
            Unit::Percent => unit == "percent",
            Unit::Time => matches!(unit, "minutes" | "hours" | "days"),
        }
    }
    /// The units it may be counted in, for messages.
    #[must_use]
    pub const fn units(self) -> &'static str {
        match self.unit() {
            Unit::Money => "a currency, as in EUR",
            Unit::Count => "count",
            Unit::Percent => "percent",
            Unit::Time => "minutes, hours or days",
        }
    }
}
