// Ways to tamper with a ledger, each with what the checker must say about it.

import Ledger

/// A change made behind the ledger's back, past its triggers.
struct Corruption: Sendable, CustomStringConvertible {
    let description: String
    /// All of these must be among the findings.
    let kinds: Set<Finding.Kind>
    let sql: String

    init(_ description: String, _ kinds: Set<Finding.Kind>, _ sql: String) {
        self.description = description
        self.kinds = kinds
        self.sql = sql
    }

    static let all = entries + balances + outcomes + outcomeColumns + chain + indexes + movements

    // MARK: - Rows to tamper with

    private static func at(_ condition: String) -> String {
        "(lane, lane_seq) = (SELECT lane, lane_seq FROM ledger.outcomes WHERE \(condition) ORDER BY lane, lane_seq LIMIT 1)"
    }
    private static let transfer = at("transition = 201 AND fee > 0")
    private static let refusal = at("transition = 202")
    private static let aWallet = "id = (SELECT min(wallet_id::text)::uuid FROM ledger.entries WHERE version > 3)"
    private static let held = "command_id = (SELECT min(command_id::text)::uuid FROM ledger.movements WHERE status = 3)"
    private static let sent = "command_id = (SELECT min(command_id::text)::uuid FROM ledger.movements WHERE status = 4)"
    private static let untouched = "(SELECT id FROM ledger.wallets WHERE version = 0 AND status = 1 LIMIT 1)"
    private static let nextMonth = "to_char(now() AT TIME ZONE 'UTC' + interval '1 month', 'YYYYMM')::integer"

    // MARK: - Entries

    private static let entries: [Corruption] = [
        .init(
            "an entry's amount", [.entriesUnbalanced, .chainHash, .walletRunningBalance],
            "UPDATE ledger.entries SET amount = amount + 1 WHERE \(transfer) AND ordinal = 1"),
        .init(
            "two amounts that still balance", [.chainHash, .walletRunningBalance, .walletBalance],
            "UPDATE ledger.entries SET amount = amount + CASE ordinal WHEN 1 THEN -100 ELSE 100 END "
                + "WHERE \(transfer) AND ordinal < 3"),
        .init(
            "an entry removed", [.entriesUnbalanced, .systemBalance, .chainHash],
            "DELETE FROM ledger.entries WHERE \(transfer) AND ordinal = 3"),
        .init(
            "a transaction's entries removed", [.hasEntries, .walletVersion, .systemBalance, .chainHash],
            "DELETE FROM ledger.entries WHERE \(transfer)"),
        .init(
            "two entries added that balance", [.chainHash, .systemBalance],
            "INSERT INTO ledger.entries (period, lane, lane_seq, ordinal, account, currency, amount) "
                + "SELECT period, lane, lane_seq, added.ordinal, 23, 1, added.amount FROM ledger.entries, "
                + "(VALUES (4, 50), (5, -60)) AS added (ordinal, amount) WHERE \(transfer) AND entries.ordinal = 1"),
        .init(
            "entries added where nothing was decided", [.entryWithoutOutcome],
            "INSERT INTO ledger.entries (period, lane, lane_seq, ordinal, account, currency, amount) "
                + "SELECT period, lane, lane_seq + 1000, ordinal, 23, 1, 10 FROM ledger.entries "
                + "WHERE \(transfer) AND ordinal < 3"),
        .init(
            "entries given to a refusal", [.hasEntries, .chainHash],
            "INSERT INTO ledger.entries (period, lane, lane_seq, ordinal, account, currency, amount) "
                + "SELECT period, lane, lane_seq, number, 22 + number, 1, 3 - 2 * number FROM ledger.outcomes, "
                + "generate_series(1, 2) AS number WHERE \(refusal)"),
        .init(
            "two entries in the other order", [.chainHash],
            "UPDATE ledger.entries SET ordinal = 30 WHERE \(transfer) AND ordinal = 1; "
                + "UPDATE ledger.entries SET ordinal = 1 WHERE \(transfer) AND ordinal = 2; "
                + "UPDATE ledger.entries SET ordinal = 2 WHERE \(transfer) AND ordinal = 30"),
        .init(
            "an ordinal", [.entryOrdinals], "UPDATE ledger.entries SET ordinal = 9 WHERE \(transfer) AND ordinal = 3"),
        .init(
            "a system account", [.systemBalance, .chainHash],
            "UPDATE ledger.entries SET account = 22 WHERE \(transfer) AND ordinal = 3"),
        .init(
            "an unknown account", [.unreadable],
            "UPDATE ledger.entries SET account = 99 WHERE \(transfer) AND ordinal = 3"),
        .init(
            "an entry's wallet", [.walletVersion, .chainHash],
            "UPDATE ledger.entries SET wallet_id = \(untouched) "
                + "WHERE \(transfer) AND ordinal = 2"),
        .init(
            "a bucket", [.walletRunningBalance, .chainHash],
            "UPDATE ledger.entries SET account = 3 WHERE \(transfer) AND ordinal = 2"),
        .init(
            "an entry's version", [.walletVersion, .chainHash],
            "UPDATE ledger.entries SET version = version + 1 WHERE \(transfer) AND ordinal = 1"),
        .init(
            "a running balance", [.walletRunningBalance, .chainHash],
            "UPDATE ledger.entries SET available = available + 1 WHERE \(transfer) AND ordinal = 1"),
        .init(
            "a pointer to the transaction before", [.walletHistory, .chainHash],
            "UPDATE ledger.entries SET previous_seq = previous_seq + 1 WHERE \(transfer) AND ordinal = 1"),
        .init(
            "a pointer removed", [.walletHistory, .chainHash],
            "UPDATE ledger.entries SET previous_seq = NULL WHERE \(transfer) AND ordinal = 1"),
        .init(
            "a transaction's currency", [.chainHash, .systemBalance],
            "UPDATE ledger.entries SET currency = 2 WHERE \(transfer)"),
        .init(
            "entries moved to another month", [.entryWithoutOutcome, .hasEntries],
            "UPDATE ledger.entries SET period = \(nextMonth) WHERE \(transfer)"),
    ]

    // MARK: - Balances

    private static let balances: [Corruption] = [
        .init(
            "money made in a wallet", [.walletBalance, .booksUnequal],
            "UPDATE ledger.wallets SET available = available + 1 WHERE \(aWallet)"),
        .init(
            "money moved between wallets", [.walletBalance],
            "UPDATE ledger.wallets SET available = available + CASE WHEN \(aWallet) THEN 1 ELSE -1 END "
                + "WHERE \(aWallet) OR id = "
                + "(SELECT max(id::text)::uuid FROM ledger.wallets WHERE version > 3 AND available > 0)"),
        .init(
            "money set free", [.walletBalance, .pendingNotHeld],
            "UPDATE ledger.wallets SET available = available + 1, pending = pending - 1 "
                + "WHERE id = (SELECT min(id::text)::uuid FROM ledger.wallets WHERE pending > 0)"),
        .init(
            "a wallet's version", [.walletVersion], "UPDATE ledger.wallets SET version = version + 1 WHERE \(aWallet)"),
        .init(
            "the head of a history", [.walletHistory],
            "UPDATE ledger.wallets SET last_seq = last_seq - 1 WHERE \(aWallet)"),
        .init("a wallet's currency", [.walletBalance], "UPDATE ledger.wallets SET currency = 2 WHERE \(aWallet)"),
        .init("an unknown currency", [.unreadable], "UPDATE ledger.wallets SET currency = 9 WHERE \(aWallet)"),
        .init(
            "a wallet removed", [.walletMissing, .booksUnequal], "DELETE FROM ledger.wallets WHERE \(aWallet)"),
        .init(
            "a wallet with money added", [.walletBalance, .booksUnequal],
            "INSERT INTO ledger.wallets (id, owner_id, available, pending, reserve, version, type, currency, status, "
                + "opened_at) SELECT gen_random_uuid(), owner_id, 500, 0, 0, 0, type, currency, status, opened_at "
                + "FROM ledger.wallets WHERE \(aWallet)"),
        .init(
            "a system account's balance", [.systemBalance, .booksUnequal],
            "UPDATE ledger.system_accounts SET balance = balance - 1 WHERE account = 23 AND lane = 0"),
        .init(
            "a stripe's money in another stripe", [.systemBalance],
            "UPDATE ledger.system_accounts SET balance = balance + CASE lane WHEN 0 THEN 5 ELSE -5 END "
                + "WHERE account = 23 AND lane < 2"),
        .init(
            "a stripe removed", [.systemBalance, .booksUnequal],
            "DELETE FROM ledger.system_accounts WHERE account = 23 AND lane = 1"),
        .init(
            "a stripe added", [.systemBalance, .booksUnequal],
            "INSERT INTO ledger.system_accounts (account, currency, lane, balance) VALUES (24, 3, 7, 12)"),
    ]

    // MARK: - Outcomes

    private static let outcomes: [Corruption] = [
        .init(
            "an outcome removed", [.outcomeMissing, .indexWrong, .chainHash],
            "DELETE FROM ledger.outcomes WHERE \(refusal)"),
        .init(
            "a transaction removed whole", [.outcomeMissing, .indexWrong, .chainHash, .walletVersion],
            "DELETE FROM ledger.entries WHERE \(transfer); DELETE FROM ledger.outcomes WHERE \(transfer)"),
        .init(
            "two outcomes in the other order", [.chainHash, .indexWrong],
            "UPDATE ledger.outcomes SET lane_seq = 3 - lane_seq + 100000 WHERE lane = 0 AND lane_seq < 3; "
                + "UPDATE ledger.outcomes SET lane_seq = lane_seq - 100000 WHERE lane = 0 AND lane_seq > 100000"),
        .init(
            "an outcome beyond the head", [.outcomeBeyondHead, .indexMissing],
            "INSERT INTO ledger.outcomes SELECT (SELECT head + 1 FROM ledger.lanes WHERE lane = outcomes.lane), at, "
                + "gen_random_uuid(), subject_id, wallet_id, amount, fee, accepted_at, period, lane, type, transition, "
                + "status, code, currency, fee_version, has_entries, content_digest, type_name, client, caller, target, "
                + "body, field, detail, traceparent FROM ledger.outcomes WHERE \(refusal)"),
        .init(
            "an outcome twice", [.outcomeRepeated],
            "INSERT INTO ledger.outcomes SELECT lane_seq, at, gen_random_uuid(), subject_id, wallet_id, amount, fee, "
                + "accepted_at, \(nextMonth), lane, type, transition, status, code, currency, fee_version, has_entries, "
                + "content_digest, type_name, client, caller, target, body, field, detail, traceparent "
                + "FROM ledger.outcomes WHERE \(refusal)"),
        .init(
            "an outcome in another month", [.period],
            "UPDATE ledger.outcomes SET period = \(nextMonth) WHERE \(refusal)"),
        .init(
            "an outcome's time", [.timeWentBack, .chainHash, .chainTime],
            "UPDATE ledger.outcomes SET at = at - interval '1 second' WHERE \(transfer)"),
        .init(
            "the tail cut off", [.walletVersion, .systemBalance],
            """
            WITH tail AS (SELECT lane, first_seq FROM ledger.chain WHERE lane = 0 ORDER BY first_seq DESC LIMIT 1),
            entries AS (DELETE FROM ledger.entries USING tail
                WHERE entries.lane = tail.lane AND lane_seq >= first_seq),
            outcomes AS (DELETE FROM ledger.outcomes USING tail
                WHERE outcomes.lane = tail.lane AND lane_seq >= first_seq),
            indexed AS (DELETE FROM ledger.command_index USING tail
                WHERE command_index.lane = tail.lane AND lane_seq >= first_seq),
            chain AS (DELETE FROM ledger.chain USING tail
                WHERE chain.lane = tail.lane AND chain.first_seq = tail.first_seq)
            UPDATE ledger.lanes SET head = tail.first_seq - 1, published = 0, chain_hash = (
                SELECT hash FROM ledger.chain WHERE chain.lane = tail.lane AND chain.last_seq = tail.first_seq - 1)
            FROM tail WHERE lanes.lane = tail.lane
            """),
    ]

    private static func column(
        _ change: String, of condition: String = "transition = 201 AND fee > 0",
        _ kinds: Set<Finding.Kind> = [.chainHash]
    ) -> Corruption {
        .init("outcomes: \(change)", kinds, "UPDATE ledger.outcomes SET \(change) WHERE \(at(condition))")
    }

    private static let outcomeColumns: [Corruption] = [
        column("code = 701"), column("status = 6"), column("transition = 202"), column("amount = amount + 1"),
        column("fee = 0"), column("fee = NULL"), column("fee_version = 2"), column("currency = 3"),
        column("wallet_id = subject_id"), column("subject_id = gen_random_uuid()"),
        column("command_id = gen_random_uuid()", [.chainHash, .indexWrong, .indexMissing]),
        column("accepted_at = accepted_at - interval '1 hour'"), column("client = 'other-app'"),
        column("caller = 'someone'"), column("traceparent = NULL"), column("has_entries = false", [.hasEntries]),
        column("type = 3"), column("type_name = 'topup.submit.v1'", [.chainHash, .contentDigest]),
        column("target = 'wallet=1'", [.chainHash, .contentDigest]),
        column("body = '{}'", [.contentDigest]),
        column("content_digest = decode(repeat('ab', 32), 'hex')", [.chainHash, .contentDigest]),
        column("field = 'away'", of: "transition = 202"), column("field = NULL", of: "transition = 202"),
        column("detail = NULL", of: "transition = 101"), column("detail = detail || ' '", of: "transition = 401"),
        column("status = 99", [.unreadable]), column("code = 9", [.unreadable]), column("type = 77", [.unreadable]),
        column("transition = 9", [.unreadable]), column("currency = 9", [.unreadable]),
        column("currency = 1", of: "amount IS NULL", [.unreadable]),
        column("limit_version = 2"), column("limit_day = limit_day - 1", [.chainHash, .counter]),
        column("limit_day = NULL", [.chainHash, .counter]),
        column("limit_version = NULL, limit_day = NULL", [.chainHash, .counter]),
        column("limit_version = 1, limit_day = 1", of: "transition = 101"),
    ]

    // MARK: - The chain and the lanes

    private static let chain: [Corruption] = [
        .init(
            "a chain row's hash", [.chainHash],
            "UPDATE ledger.chain SET hash = decode(repeat('ab', 32), 'hex') WHERE lane = 0 AND first_seq = 1"),
        .init(
            "a chain row's time", [.chainTime],
            "UPDATE ledger.chain SET at = at - interval '1 second' WHERE first_seq = 1"),
        .init("a chain row removed", [.chainGap], "DELETE FROM ledger.chain WHERE lane = 0 AND first_seq = 2"),
        .init("the first chain row removed", [.chainGap], "DELETE FROM ledger.chain WHERE lane = 1 AND first_seq = 1"),
        .init(
            "the last chain row removed", [.chainGap, .chainHead],
            "DELETE FROM ledger.chain WHERE (lane, first_seq) IN "
                + "(SELECT lane, max(first_seq) FROM ledger.chain GROUP BY lane)"),
        .init(
            "a chain row that covers less", [.chainGap, .chainHash],
            "UPDATE ledger.chain SET last_seq = last_seq - 1 WHERE (lane, first_seq) = "
                + "(SELECT lane, first_seq FROM ledger.chain WHERE last_seq > first_seq ORDER BY 1, 2 LIMIT 1)"),
        .init(
            "a chain row that covers more", [.chainGap],
            "UPDATE ledger.chain SET last_seq = last_seq + 1 WHERE lane = 0 AND first_seq = 1"),
        .init(
            "two chain rows exchanged", [.chainHash],
            "UPDATE ledger.chain SET hash = (SELECT hash FROM ledger.chain AS other WHERE other.lane = chain.lane "
                + "AND other.first_seq = 3 - chain.first_seq) WHERE lane = 0 AND first_seq < 3"),
        .init(
            "a chain row added", [.chainGap, .chainHead],
            "INSERT INTO ledger.chain SELECT lane, last_seq + 1, last_seq + 1, at, hash FROM ledger.chain "
                + "WHERE lane = 0 ORDER BY first_seq DESC LIMIT 1; "
                + "UPDATE ledger.lanes SET chain_hash = decode(repeat('cd', 32), 'hex') WHERE lane = 0"),
        .init(
            "a lane's hash", [.chainHead],
            "UPDATE ledger.lanes SET chain_hash = decode(repeat('00', 32), 'hex') WHERE lane = 0"),
        .init(
            "a lane's head moved on", [.outcomeMissing, .chainGap],
            "UPDATE ledger.lanes SET head = head + 1 WHERE lane = 0"),
        .init(
            "a lane's head moved back", [.outcomeBeyondHead, .chainGap],
            "UPDATE ledger.lanes SET published = 0, head = head - 1 WHERE lane = 0"),
        .init(
            "a lane's time moved back", [.timeWentBack],
            "UPDATE ledger.lanes SET last_time = last_time - interval '1 second' WHERE lane = 0"),
        .init("a lane's row removed", [.laneMissing], "DELETE FROM ledger.lanes WHERE lane = 1"),
    ]

    // MARK: - Indexes and movements

    private static let indexes: [Corruption] = [
        .init(
            "an index row removed", [.indexMissing], "DELETE FROM ledger.command_index WHERE lane = 0 AND lane_seq = 5"),
        .init(
            "an index row that points elsewhere", [.indexWrong],
            "UPDATE ledger.command_index SET lane_seq = 6 WHERE lane = 0 AND lane_seq = 5"),
        .init(
            "an index row that points to another lane", [.indexWrong],
            "UPDATE ledger.command_index SET lane = 1 WHERE lane = 0 AND lane_seq = 5"),
        .init(
            "an index row added", [.indexWrong],
            "INSERT INTO ledger.command_index SELECT gen_random_uuid(), lane_seq, period, lane FROM ledger.command_index "
                + "WHERE lane_seq = 5"),
        .init(
            "two index rows exchanged", [.indexWrong],
            "UPDATE ledger.command_index SET lane_seq = 11 - lane_seq WHERE lane = 0 AND lane_seq IN (5, 6)"),
    ]

    private static let movements: [Corruption] = [
        .init(
            "a withdrawal said to be sent", [.movementStatus, .pendingNotHeld],
            "UPDATE ledger.movements SET status = 4 WHERE \(held)"),
        .init("a movement's code", [.movementStatus], "UPDATE ledger.movements SET code = 1002 WHERE \(sent)"),
        .init(
            "a movement that points elsewhere", [.movementLast],
            "UPDATE ledger.movements SET last_seq = last_seq + 1 WHERE \(sent)"),
        .init(
            "a movement removed", [.movementMissing, .pendingNotHeld, .counter],
            "DELETE FROM ledger.movements WHERE \(held)"),
        .init(
            "a movement's amount", [.movementContent, .pendingNotHeld],
            "UPDATE ledger.movements SET amount = amount + 1 WHERE \(held)"),
        .init("a movement's fee", [.movementContent], "UPDATE ledger.movements SET fee = fee + 1 WHERE \(sent)"),
        .init(
            "a movement's beneficiary", [.movementContent],
            "UPDATE ledger.movements SET beneficiary_id = gen_random_uuid() WHERE \(sent)"),
        .init(
            "a withdrawal's release time", [.movementContent],
            "UPDATE ledger.movements SET due_at = due_at - interval '1 hour' WHERE \(held)"),
        .init(
            "when a withdrawal is expected", [.movementContent],
            "UPDATE ledger.movements SET expected_by = expected_by + interval '1 day' WHERE \(sent)"),
        .init(
            "a movement's wallet", [.movementContent, .counter],
            "UPDATE ledger.movements SET wallet_id = \(untouched) WHERE \(sent)"),
        .init(
            "a movement's method", [.movementContent],
            "UPDATE ledger.movements SET method = method % 2 + 1 WHERE kind = 1 AND status = 2"),
        .init(
            "a movement added", [.movementUnknown, .counter],
            "INSERT INTO ledger.movements SELECT gen_random_uuid(), wallet_id, beneficiary_id, amount, fee, last_seq, "
                + "last_period, last_lane, kind, method, currency, fee_version, status, code, merchant_id, payment_id, "
                + "refunded, fee_refunded, is_disputed, proposed_by, due_at, expected_by FROM ledger.movements WHERE \(sent)"
        ),
        .init(
            "a wallet that counts too much under way", [.counter],
            "UPDATE ledger.wallets SET under_way = under_way + 1 WHERE id = \(untouched)"),
        .init(
            "a wallet frozen by hand", [.counter],
            "UPDATE ledger.wallets SET status = 2, frozen_by = 1 WHERE id = \(untouched)"),
        .init(
            "a free transfer given back by hand", [.counter],
            "UPDATE ledger.owners SET free_transfers = free_transfers - 1 WHERE free_transfers > 0"),
        .init(
            "a day's spending lowered by hand", [.counter],
            "UPDATE ledger.owners SET spent_in_day = spent_in_day - 1 WHERE spent_in_day > 0"),
        .init(
            "a month's spending raised by hand", [.counter],
            "UPDATE ledger.owners SET spent_in_month = spent_in_month + 1 WHERE spent_in_day > 0"),
        .init(
            "spending put on the day before", [.counter],
            "UPDATE ledger.owners SET spent_day = spent_day - 1 WHERE spent_day > 0"),
        .init(
            "spending where nothing was sent", [.counter],
            "UPDATE ledger.owners SET spent_in_day = 1, spent_in_month = 1 WHERE spent_day = 0"),
        .init(
            "the day that a withdrawal took of", [.movementContent],
            "UPDATE ledger.movements SET limit_day = limit_day - 1 WHERE \(held)"),
        .init(
            "the limits that a withdrawal was held under", [.movementContent],
            "UPDATE ledger.movements SET limit_version = 2 WHERE \(sent)"),
        .init("a sub-wallet too many counted", [.counter], "UPDATE ledger.owners SET sub_wallets = 1"),
        .init(
            "a claim forgiven by hand", [.counter],
            "UPDATE ledger.wallets SET claim = claim - 1 WHERE claim = (SELECT max(claim) FROM ledger.wallets)"),
        .init(
            "an adjustment turned round", [.movementContent],
            "UPDATE ledger.movements SET method = 3 - method WHERE kind = 5 AND status = 2"),
        .init(
            "a chargeback undone by hand", [.movementStatus],
            "UPDATE ledger.movements SET status = 5 WHERE kind = 1 AND status = 8"),
    ]
}
