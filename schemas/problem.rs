//! The names of every no, in one list. Invariant: a kind has one name for ever, one page of that
//! name, and the statuses it is answered with.

/// Gives the list to a macro: for each kind its variant, its name and its statuses, the usual one
/// first. What is made of it, as the pages are, misses none, or does not compile.
#[macro_export]
macro_rules! problems {
    ($with:ident) => {
        $with! {
            // Said by the door.
            NotFound "not_found" [404];
            MethodNotAllowed "method_not_allowed" [405];
            UnsupportedMediaType "unsupported_media_type" [415];
            NotAcceptable "not_acceptable" [406];
            BodyTooLarge "body_too_large" [413];
            BodyCutShort "body_cut_short" [400, 408];
            InvalidHeader "invalid_header" [400];
            InvalidQuery "invalid_query" [400];
            UnknownHost "unknown_host" [421];
            CrossSite "cross_site" [403];
            CredentialInQuery "credential_in_query" [400];
            TooMany "too_many" [429];
            FollowerBeyondHead "follower_beyond_head" [409];
            Internal "internal" [500];
            // Said at every door, of who asks.
            NoCredential "no_credential" [401];
            BadCredential "bad_credential" [401];
            NotAllowed "not_allowed" [403];
            NotInScope "not_in_scope" [403];
            NeedsWhole "needs_whole" [403];
            ActorNotYours "actor_not_yours" [403];
            OnBehalfOfNotGranted "on_behalf_of_not_granted" [403];
            GrantsMoreThanOwn "grants_more_than_own" [422];
            // Said by the vocabulary, of a draft.
            UnknownType "unknown_type" [400];
            UnknownVersion "unknown_version" [400];
            UnknownField "unknown_field" [400];
            MissingField "missing_field" [400];
            InvalidField "invalid_field" [400];
            MalformedJson "malformed_json" [400];
            RecordTooLarge "record_too_large" [413];
            // Said by the ledger, of a request.
            RevisionConflict "revision_conflict" [409, 412];
            IdempotencyConflict "idempotency_conflict" [409];
            IdTwice "id_twice" [400];
            KeyAndIds "key_and_ids" [400];
            RequestSize "request_size" [400];
            RequestTooLarge "request_too_large" [413];
            Busy "busy" [503];
            Unavailable "unavailable" [503];
            NotAdopted "not_adopted" [503];
            LogFull "log_full" [507];
            // Said by the ledger, of a proof.
            RolledBack "rolled_back" [503];
            Unsigned "unsigned" [503];
            NotCosigned "not_cosigned" [404];
            // Said by the ledger, of a question, a replay or the log.
            AsOfRequired "as_of_required" [400];
            NotYet "not_yet" [503];
            UnknownProjection "unknown_projection" [404];
            PositionBeyondHead "position_beyond_head" [400];
            NothingKept "nothing_kept" [409];
            LogDamaged "log_damaged" [503];
            LogUnreadable "log_unreadable" [500];
            // Said by a report.
            UnknownReport "unknown_report" [404];
            UnknownParameter "unknown_parameter" [400];
            UnusedParameter "unused_parameter" [400];
            MissingParameter "missing_parameter" [400];
            InvalidParameter "invalid_parameter" [400];
            MissingRate "missing_rate" [422];
            NoSuchCell "no_such_cell" [404];
            // Said by the rules.
            LedgerNotOpen "ledger_not_open" [422];
            LedgerAlreadyOpen "ledger_already_open" [422];
            TooFarAhead "too_far_ahead" [422];
            PeriodClosed "period_closed" [422];
            AlreadyExists "already_exists" [409];
            UnknownReference "unknown_reference" [422];
            AlreadyVoided "already_voided" [422];
            VoidOfVoid "void_of_void" [422];
            HasDependants "has_dependants" [422];
            CounterpartyLinkedTwice "counterparty_linked_twice" [422];
            CounterpartyNotLinked "counterparty_not_linked" [422];
            ClientMergedTwice "client_merged_twice" [422];
            ClientNotMerged "client_not_merged" [422];
            MergeCycle "merge_cycle" [422];
            FieldValue "field_value" [422];
            FieldMissing "field_missing" [422];
            FieldDefinition "field_definition" [422];
            ContractPeriod "contract_period" [422];
            NegativeLimit "negative_limit" [422];
            ClientArchived "client_archived" [422];
            NothingSaid "nothing_said" [422];
            ContractEnded "contract_ended" [422];
            Configuration "configuration" [422];
            UnknownStage "unknown_stage" [422];
            UnknownRequirement "unknown_requirement" [422];
            FromMismatch "from_mismatch" [422];
            DealClosed "deal_closed" [422];
            SharesMismatch "shares_mismatch" [422];
            OpenGate "open_gate" [422];
            NotPositive "not_positive" [422];
            BeforeOpening "before_opening" [422];
            IllegalTransition "illegal_transition" [422];
            InteractionRecordedTwice "interaction_recorded_twice" [422];
            ManagerCycle "manager_cycle" [422];
            SameEmployee "same_employee" [422];
            SubstitutionOverlap "substitution_overlap" [422];
            DaysOutOfOrder "days_out_of_order" [422];
            AbsenceOverlap "absence_overlap" [422];
            EmployeeDismissed "employee_dismissed" [422];
            OutOfWarranty "out_of_warranty" [422];
            UnknownMetric "unknown_metric" [422];
            WrongMetricUnit "wrong_metric_unit" [422];
            InvalidCriteria "invalid_criteria" [422];
            ClassifiedTwice "classified_twice" [422];
            PriceIncomplete "price_incomplete" [422];
            SurveyClosed "survey_closed" [422];
            AnswerNotTaken "answer_not_taken" [422];
            // Asked of a report, or said in an event.
            KnownAtBeyondHead "known_at_beyond_head" [400, 422];
            AttributionSubject "attribution_subject" [422];
            AccessNotBackdated "access_not_backdated" [422];
            AccessNotVoidable "access_not_voidable" [422];
            RoleShips "role_ships" [422];
            UnknownRole "unknown_role" [422];
            EmployeeHasUser "employee_has_user" [422];
            ActorNotOwn "actor_not_own" [422];
            UserSuspended "user_suspended" [422];
            GrantSpan "grant_span" [422];
            KeyExpiry "key_expiry" [422];
            KeyReplaces "key_replaces" [422];
            LastKeyholder "last_keyholder" [422];
            PositionAhead "position_ahead" [422];
            PartErased "part_erased" [422];
            ErasureOnHold "erasure_on_hold" [409];
            ErasureElsewhere "erasure_elsewhere" [409];
            ModuleDisabled "module_disabled" [422];
            SubjectErased "subject_erased" [409];
            AllocationExceedsRemainder "allocation_exceeds_remainder" [422];
            PaymentExceedsOpenAmount "payment_exceeds_open_amount" [422];
            WriteOffExceedsOpenAmount "write_off_exceeds_open_amount" [422];
            CreditNotFree "credit_not_free" [422];
            CreditLinesNeeded "credit_lines_needed" [422];
            PartyOfInvoice "party_of_invoice" [422];
            NothingDeducted "nothing_deducted" [422];
            CreditExceedsDocument "credit_exceeds_document" [422];
            UnallocationExceedsAllocation "unallocation_exceeds_allocation" [422];
            RefundExceedsRemainder "refund_exceeds_remainder" [422];
            OtherCurrency "other_currency" [422];
            OtherCounterparty "other_counterparty" [422];
            WrongDirection "wrong_direction" [422];
            BroughtForward "brought_forward" [422];
            SetOffMismatch "set_off_mismatch" [422];
            SetOffTwice "set_off_twice" [422];
            SameCurrency "same_currency" [422];
            BankAccountNeeded "bank_account_needed" [422];
            NotRevaluable "not_revaluable" [422];
            TotalMismatch "total_mismatch" [422];
            InstalmentsMismatch "instalments_mismatch" [422];
            DueUnclear "due_unclear" [422];
            PurposesMismatch "purposes_mismatch" [422];
            DuplicateLine "duplicate_line" [422];
            UnknownLine "unknown_line" [422];
            ShipmentExceedsOrder "shipment_exceeds_order" [422];
            ReturnExceedsShipment "return_exceeds_shipment" [422];
            AlreadyMatched "already_matched" [422];
            MatchExceedsLine "match_exceeds_line" [422];
            NotMatchable "not_matchable" [422];
            OtherBankAccount "other_bank_account" [422];
            SameBankAccount "same_bank_account" [422];
            NothingClosed "nothing_closed" [422];
            LimitPassed "limit_passed" [422];
            AccountPath "account_path" [422];
            AccountOfBill "account_of_bill" [422];
            AccountOfGoods "account_of_goods" [422];
            AccountUnit "account_unit" [422];
            Unbalanced "unbalanced" [422];
            NoPostings "no_postings" [422];
            BelowZero "below_zero" [422];
            ServiceNotStocked "service_not_stocked" [422];
            TooManyDecimals "too_many_decimals" [422];
            DocumentParts "document_parts" [422];
            UnknownCurrency "unknown_currency" [422];
            FewerDecimals "fewer_decimals" [422];
            IssueAboveOnHand "issue_above_on_hand" [422];
            TransferToItself "transfer_to_itself" [422];
            NothingAdjusted "nothing_adjusted" [422];
            ReservationAboveAvailable "reservation_above_available" [422];
            ReleaseAboveRemainder "release_above_remainder" [422];
            ValueAboveStock "value_above_stock" [422];
            ReservedForOthers "reserved_for_others" [422];
            ReservationOfOther "reservation_of_other" [422];
            PurchaseOrderClosed "purchase_order_closed" [422];
            ReturnOfOther "return_of_other" [422];
            ReturnOfNoSale "return_of_no_sale" [422];
            ReturnAboveIssued "return_above_issued" [422];
            CostBelowZero "cost_below_zero" [422];
            NoRate "no_rate" [422];
        }
    };
}

macro_rules! kinds_of_problems {
    ($($kind:ident $name:literal [$($status:literal),+];)*) => {
        /// What kind of no it is. Every error that a caller can see carries one.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ProblemKind {
            $(#[doc = concat!("`", $name, "`")] $kind,)*
        }

        impl ProblemKind {
            /// Every kind, by who says it.
            pub const ALL: &[ProblemKind] = &[$(ProblemKind::$kind,)*];

            /// The name that the caller sees, which is also that of its page.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(ProblemKind::$kind => $name,)* }
            }
            /// The HTTP statuses it is answered with: the first is its own, another one is said by
            /// the door that gives it.
            #[must_use]
            pub const fn statuses(self) -> &'static [u16] {
                match self { $(ProblemKind::$kind => &[$($status),+],)* }
            }
            /// The kind of this name.
            #[must_use]
            pub fn named(name: &str) -> Option<ProblemKind> {
                match name {
                    $($name => Some(ProblemKind::$kind),)*
                    _ => None,
                }
            }
        }

        // A no is an error of the caller's or of the ledger's, and answered as one.
        $($(const _: () = assert!($status / 100 == 4 || $status / 100 == 5, $name);)+)*
    };
}

problems!(kinds_of_problems);

/// The kinds of an error's variants, each said once: its own, and after a semicolon those that
/// another error says for it.
///
/// ```text
/// kinds! { AskError {
///     AskError::AsOfRequired { .. } => AsOfRequired;
///     AskError::Read(error) => kind_of(error)
/// } }
/// ```
#[macro_export]
macro_rules! kinds {
    ($error:ident {
        $($own:pat => $kind:ident),* $(,)?
        $(; $($others:pat => $said:expr),* $(,)?)?
    }) => {
        impl $error {
            /// Every kind of problem of its own.
            pub const KINDS: &[$crate::problem::ProblemKind] =
                &[$($crate::problem::ProblemKind::$kind,)*];
            /// What kind of problem it is.
            #[must_use]
            pub const fn kind(&self) -> $crate::problem::ProblemKind {
                match self {
                    $($own => $crate::problem::ProblemKind::$kind,)*
                    $($($others => $said,)*)?
                }
            }
            /// The name of its kind, which is also its problem page.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                self.kind().name()
            }
        }
    };
}
