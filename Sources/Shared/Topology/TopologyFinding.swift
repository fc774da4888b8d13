// What verification can find, each kind with what it means and what to do: one table for code, logs and documentation.

/// One thing in which the broker is not as the topology says.
public struct TopologyFinding: Sendable, Equatable, Error {
    public enum Severity: String, Sendable {
        /// Money could stand still or be lost sight of: no process starts.
        case refusal
        /// Worth an operator's look; processes start.
        case warning
    }

    public let kind: Kind
    /// The exchange, queue or policy.
    public let place: String
    public let expected: String
    public let found: String

    public init(_ kind: Kind, _ place: String, expected: String, found: String) {
        self.kind = kind
        self.place = place
        self.expected = expected
        self.found = found
    }

    public var severity: Severity { kind.rule.severity }
    /// What to do, as one sentence.
    public var advice: String { kind.rule.advice }
}

extension TopologyFinding: CustomStringConvertible {
    public var description: String {
        "\(kind.rawValue): \(place): expected \(expected), found \(found); \(advice)"
    }
}

extension TopologyFinding {
    /// The kinds, by the names that `walletctl topology verify --json` and the logs show.
    public enum Kind: String, Sendable, CaseIterable {
        case notToBeSeen = "not_to_be_seen"
        case brokerTooOld = "broker_too_old"
        case exchangeMissing = "exchange_missing"
        case exchangeType = "exchange_type"
        case exchangeNotDurable = "exchange_not_durable"
        case exchangeArgument = "exchange_argument"
        case exchangePolicy = "exchange_policy"
        case queueMissing = "queue_missing"
        case queueType = "queue_type"
        case queueNotDurable = "queue_not_durable"
        case queueArgument = "queue_argument"
        case queuePolicy = "queue_policy"
        case singleActiveConsumerOff = "single_active_consumer_off"
        case deliveryLimitMissing = "delivery_limit_missing"
        case deadLetteringFallenBack = "dead_lettering_fallen_back"
        case deadLetterTargetMissing = "dead_letter_target_missing"
        case streamKeptTooShort = "stream_kept_too_short"
        case queueDown = "queue_down"
        case queueLeaderless = "queue_leaderless"
        case slotWithoutLane = "slot_without_lane"
        case slotWithTwoLanes = "slot_with_two_lanes"
        case slotInOtherLane = "slot_in_other_lane"
        case slotsUneven = "slots_uneven"
        case laneBoundElsewhere = "lane_bound_elsewhere"
        case retiredLaneBound = "retired_lane_bound"
        case retiredLaneHoldsMessages = "retired_lane_holds_messages"
        case retiredLaneLeft = "retired_lane_left"
        case journalIncomplete = "journal_incomplete"
        case journalNotWanted = "journal_not_wanted"
        case bindingMissing = "binding_missing"
        case bindingExtra = "binding_extra"
        case subscriberCanStop = "subscriber_can_stop"
        case subscriberUnlimited = "subscriber_unlimited"
        case commandsCopied = "commands_copied"
    }

    /// What holds for every finding of a kind.
    public struct Rule: Sendable {
        public let severity: Severity
        /// What it would lead to.
        public let meaning: String
        public let advice: String

        fileprivate init(_ severity: Severity, _ meaning: String, _ advice: String) {
            self.severity = severity
            self.meaning = meaning
            self.advice = advice
        }
    }
}

/// What an operator does most often.
private let declareAgain = "run `walletctl topology declare`"
private let makeAnew =
    "stop what publishes to it, let it run empty, delete it, then run `walletctl topology declare`"

extension TopologyFinding.Kind {
    public var rule: TopologyFinding.Rule {
        switch self {
        case .notToBeSeen, .brokerTooOld, .exchangeMissing, .exchangeType, .exchangeNotDurable, .exchangeArgument,
            .exchangePolicy:
            exchangeRule
        case .slotWithoutLane, .slotWithTwoLanes, .slotInOtherLane, .slotsUneven, .laneBoundElsewhere,
            .retiredLaneBound, .retiredLaneHoldsMessages, .retiredLaneLeft, .journalIncomplete, .journalNotWanted,
            .bindingMissing, .bindingExtra:
            bindingRule
        case .subscriberCanStop, .subscriberUnlimited, .commandsCopied: subscriberRule
        default: queueRule
        }
    }

    /// Whether it can pass without anybody's doing, as after a restart of the broker.
    public var canPass: Bool { self == .queueDown || self == .queueLeaderless }

    private var exchangeRule: TopologyFinding.Rule {
        switch self {
        case .notToBeSeen:
            .init(
                .refusal, "The broker's management refuses to show what is to be verified.",
                "give its user the tag management and access to the virtual host, or mend the URL")
        case .brokerTooOld:
            .init(
                .refusal, "Older brokers accept and ignore what lanes and retry queues are declared with.",
                "run RabbitMQ 3.10 or later")
        case .exchangeMissing: .init(.refusal, "Publishing closes the channel.", declareAgain)
        case .exchangeType:
            .init(
                .refusal, "Messages take other ways than the bindings say.", "delete the exchange, then \(declareAgain)"
            )
        case .exchangeNotDurable:
            .init(
                .refusal, "It is gone after a restart of the broker, and its bindings with it.",
                "delete the exchange, then \(declareAgain)")
        case .exchangeArgument:
            .init(
                .refusal, "An alternate exchange takes what no lane took, so that it counts as delivered.",
                "delete the exchange, then \(declareAgain)")
        default:
            .init(
                .refusal, "An alternate exchange or a federation acts on what is published.",
                "remove the policy, or narrow its pattern")
        }
    }

    private var queueRule: TopologyFinding.Rule {
        switch self {
        case .queueMissing:
            .init(
                .refusal, "What should go there is lost, or is in the journal alone.",
                "\(declareAgain); a running fleet does so by itself")
        case .queueType: .init(.refusal, "A queue of another type gives other promises.", makeAnew)
        case .queueNotDurable: .init(.refusal, "It and its messages are gone after a restart.", makeAnew)
        case .queueArgument: .init(.refusal, "It does something else than the code relies on.", makeAnew)
        case .queuePolicy:
            .init(
                .refusal, "A limit, a lifetime or a way of dead lettering that nobody relies on acts on our messages.",
                "remove the policy, or narrow its pattern so that it matches no queue of the wallet")
        case .singleActiveConsumerOff:
            .init(.refusal, "Two owners of a lane take its messages at once.", makeAnew)
        case .deliveryLimitMissing:
            .init(.refusal, "A message that kills the process comes back for ever.", makeAnew)
        case .deadLetteringFallenBack:
            .init(.refusal, "The broker silently dead-letters at most once: messages can be lost.", makeAnew)
        case .deadLetterTargetMissing:
            .init(.refusal, "What is dead-lettered has nowhere to go.", declareAgain)
        case .streamKeptTooShort:
            .init(.refusal, "What must be replayed is gone before anybody has looked.", makeAnew)
        case .queueDown:
            .init(.refusal, "It takes and gives nothing.", "look at the broker's nodes and its log")
        default:
            .init(
                .refusal, "It takes and gives nothing until a majority of its members is up.",
                "start the nodes that hold its members")
        }
    }

    private var bindingRule: TopologyFinding.Rule {
        switch self {
        case .slotWithoutLane:
            .init(.refusal, "Commands of these slots are accepted into the journal alone.", declareAgain)
        case .slotWithTwoLanes:
            .init(
                .refusal, "Two lanes work on every command of these slots.", "\(declareAgain), which unbinds the other")
        case .slotInOtherLane:
            .init(
                .refusal, "The broker spreads the slots over another number of lanes than this process.",
                "set WALLET_LANES to the number declared, or change it as docs/topology.md says")
        case .slotsUneven: .init(.refusal, "One lane has more to do than another.", declareAgain)
        case .laneBoundElsewhere:
            .init(
                .refusal, "What is no command fills the lane and ends as dead letters.", "remove the binding")
        case .retiredLaneBound:
            .init(.refusal, "Commands go to a lane that nobody works on.", "\(declareAgain), which unbinds it")
        case .retiredLaneHoldsMessages:
            .init(
                .refusal, "Accepted commands wait in a lane that nobody works on.",
                "run the fleet with the earlier WALLET_LANES until the queue is empty")
        case .retiredLaneLeft:
            .init(.warning, "A lane of an earlier number of lanes is left, empty and unbound.", "delete the queue")
        case .journalIncomplete:
            .init(.refusal, "Commands of these slots are not kept.", declareAgain)
        case .journalNotWanted:
            .init(
                .warning, "Commands are kept although the journal is switched off.",
                "run `walletctl topology declare --no-journal`, which unbinds it")
        case .bindingMissing: .init(.refusal, "Messages that should come do not.", declareAgain)
        default:
            .init(.warning, "Messages come that the code does not ask for.", "remove the binding")
        }
    }

    private var subscriberRule: TopologyFinding.Rule {
        switch self {
        case .subscriberCanStop:
            .init(
                .refusal, "When it is full, it refuses for all queues: no command is accepted, no outcome announced.",
                "declare it anew with x-overflow=drop-head, or unbind it")
        case .subscriberUnlimited:
            .init(
                .warning, "Left unread it grows until the broker's alarm stops every publisher.",
                "give it x-max-length-bytes with x-overflow=drop-head")
        default:
            .init(
                .warning, "Somebody reads along what customers ask for.", "unbind it, unless it is meant to be there")
        }
    }
}
