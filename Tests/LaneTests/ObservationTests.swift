// What a lane tells of its work: its figures and its log, of a batch made and announced without servers.

import AMQP
import Domain
import Logging
import Synchronization
import Telemetry
import Testing
import Wire

@testable import Lane
@testable import Ledger

@Suite("What a lane tells of itself")
struct ObservationTests {
    private let trace = TraceContext.generate()

    /// A transfer that is made, the same again, one that is refused, and a message that is no command.
    private var run: Batch {
        let traceparent = trace.description
        let poor = Message.transferBody(9_000_000)
        let deliveries = [
            Message.delivered(Message.envelope("a"), tag: 1), Message.delivered(Message.envelope("a"), tag: 2),
            Message.delivered(Message.envelope("poor", body: poor, traceparent: traceparent), tag: 3),
            delivery(AMQPMessage(body: Array("geheim".utf8)), tag: 4),
        ]
        return Batch(items: deliveries.map { RunItem($0, keyring: Message.keyring) }, lane: 3)
    }

    private func decided(_ batch: Batch) -> BatchWrite {
        batch.decided(Message.read(), epoch: 5, published: 40, fees: .standard, limits: .standard)
    }

    private func samples(_ instruments: Instruments, _ name: String) -> [Substring] {
        String(decoding: instruments.render(), as: UTF8.self).split(separator: "\n").filter { $0.hasPrefix(name) }
    }

    @Test("a batch is counted once it is committed, by type and code, and its times when it is announced")
    func figures() {
        let instruments = Instruments(program: "tests")
        let meters = LaneMeters(instruments, lane: 3)
        let batch = run
        meters.sessionBegan()
        meters.took(epoch: 5, head: 40, published: 40)
        for _ in batch.items { meters.delivered() }
        meters.waits(batch.items)
        meters.moved(to: .reading(batch))
        #expect(samples(instruments, "wallet_lane_owned") == [#"wallet_lane_owned{lane="3"} 1"#])
        meters.decides()
        let write = decided(batch)
        #expect(samples(instruments, "wallet_lane_outcomes_total").isEmpty)
        // What is not committed is not counted, and its phases end with it.
        meters.batchFailed()
        meters.moved(to: .rollingBack)
        meters.moved(to: .reading(batch))
        meters.decides()
        meters.moved(to: .writing(batch, write, ExpectedRows()))
        let times = meters.committed(batch, write)
        meters.moved(to: .idle)
        meters.waits([])

        #expect(
            samples(instruments, "wallet_lane_outcomes_total") == [
                #"wallet_lane_outcomes_total{lane="3",type="transfer.submit.v1",code="INSUFFICIENT_FUNDS"} 1"#,
                #"wallet_lane_outcomes_total{lane="3",type="transfer.submit.v1",code="OK"} 1"#,
            ])
        #expect(samples(instruments, "wallet_lane_repeats_total") == [#"wallet_lane_repeats_total{lane="3"} 1"#])
        #expect(
            samples(instruments, "wallet_lane_set_aside_total") == [
                #"wallet_lane_set_aside_total{lane="3",code="MALFORMED"} 1"#
            ])
        #expect(
            samples(instruments, "wallet_lane_commands_taken_total") == [
                #"wallet_lane_commands_taken_total{lane="3"} 4"#
            ])
        #expect(
            samples(instruments, "wallet_lane_unannounced") == [#"wallet_lane_unannounced_outcomes{lane="3"} 2"#])
        #expect(samples(instruments, "wallet_lane_lag_seconds") == [#"wallet_lane_lag_seconds{lane="3"} 0"#])
        #expect(counts(instruments, "read") == 2 && counts(instruments, "decide") == 1)
        #expect(counts(instruments, "write") == 1 && counts(instruments, "announce") == 0)

        meters.announced(head: write.headAfter, times)
        #expect(counts(instruments, "announce") == 1)
        #expect(
            samples(instruments, "wallet_lane_critical_time_seconds_count") == [
                #"wallet_lane_critical_time_seconds_count{lane="3"} 2"#
            ])
        #expect(
            samples(instruments, "wallet_lane_unannounced") == [#"wallet_lane_unannounced_outcomes{lane="3"} 0"#])
        #expect(samples(instruments, "metrics_undeclared_total") == ["metrics_undeclared_total 0"])
    }

    private func counts(_ instruments: Instruments, _ phase: String) -> Int? {
        samples(instruments, #"wallet_lane_batch_phase_seconds_count{lane="3",phase="\#(phase)"}"#).first?
            .split(separator: " ").last.flatMap { Int($0) }
    }

    @Test("a command that waits has an age, a session is lost once, and a lane at its end owns nothing")
    func life() {
        let instruments = Instruments(program: "tests")
        let meters = LaneMeters(instruments, lane: 3)
        meters.sessionLost()
        meters.sessionBegan()
        meters.sessionLost()
        meters.sessionLost()
        meters.connectionLost(.publisher)
        #expect(
            samples(instruments, "wallet_lane_database_sessions") == [
                #"wallet_lane_database_sessions_lost_total{lane="3"} 1"#
            ])
        #expect(
            samples(instruments, "wallet_lane_broker_connections") == [
                #"wallet_lane_broker_connections_lost_total{lane="3",side="consumer"} 0"#,
                #"wallet_lane_broker_connections_lost_total{lane="3",side="publisher"} 1"#,
            ])
        let oldest = OldestCommand()
        #expect(oldest.ageSeconds == 0)
        oldest.set(Timestamp(microseconds: 1))
        #expect(oldest.ageSeconds > 1_000_000)
        oldest.set(Timestamp(microseconds: .max))
        #expect(oldest.ageSeconds == 0)
        meters.moved(to: .idle)
        meters.ended()
        #expect(samples(instruments, "wallet_lane_owned") == [#"wallet_lane_owned{lane="3"} 0"#])
    }

    @Test("the log names what was refused and set aside with its trace, and nothing that is in it")
    func log() {
        let lines = Lines()
        var logger = Logger(label: "lane") { _ in lines.handler }
        logger.logLevel = .debug
        let batch = run
        LaneLog(logger: logger).committed(batch, decided(batch))
        let told = lines.all
        #expect(told.count == 2)
        #expect(told.contains { $0.hasPrefix("warning a message was set aside") && $0.contains("code=MALFORMED") })
        #expect(
            told.contains {
                $0.hasPrefix("debug a command was refused") && $0.contains("command=\(Message.id("poor"))")
                    && $0.contains("trace=\(trace.traceID)") && $0.contains("code=INSUFFICIENT_FUNDS")
            })
        #expect(!told.contains { $0.contains("geheim") || $0.contains("9000000") })
    }

    @Test("forgeries in masses are counted in the log, not quoted")
    func masses() {
        let lines = Lines()
        let deliveries = (0..<100).map { delivery(AMQPMessage(body: [UInt8($0)]), tag: UInt64($0) + 1) }
        let batch = Batch(items: deliveries.map { RunItem($0, keyring: Message.keyring) }, lane: 3)
        LaneLog(logger: Logger(label: "lane") { _ in lines.handler }).committed(batch, decided(batch))
        #expect(lines.all.count == LaneLog.setAsideLinesMax + 1)
        #expect(lines.all.last?.contains("count=80") == true)
    }
}

/// Log lines as they come.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    var handler: RecordingHandler { RecordingHandler { line in self.lines.withLock { $0.append(line) } } }
}

private struct RecordingHandler: LogHandler {
    let write: @Sendable (String) -> Void
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    init(_ write: @escaping @Sendable (String) -> Void) { self.write = write }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        write("\(event.level) \(event.message) \(fields.joined(separator: " "))")
    }
}
