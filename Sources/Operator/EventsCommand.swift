// walletctl events: outcomes as they are announced, read from the stream of events.

import AMQP
import ArgumentParser
import Dispatch
import Domain
import Foundation
import Topology
import Wire

struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Outcomes as they are announced.", subcommands: [Tail.self])

    struct Tail: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "tail", abstract: "Prints events, one a line, until Ctrl-C.",
            discussion: """
                Reads the stream \(Names.eventsLog) of WALLET_AMQP. Delivery is at least once and in order within a lane. \
                With --json each line is the event as it was published.
                """)

        @Option(help: "Where to begin: first, last, next, an offset, or a time in RFC 3339, UTC.")
        var from = StreamOffset.next

        @Option(help: "Only events of this name; * stands for one word, # for any number: transfer.*")
        var type: String?

        @Option(help: "Ends after so many events.")
        var count: Int?

        @Option(help: "Ends when nothing has come for so many seconds.")
        var untilQuiet: Int?

        @Flag(help: "Goes on until Ctrl-C; so it does without --count and --until-quiet.")
        var follow = false

        @OptionGroup var output: OutputOptions

        func validate() throws {
            if let count, count < 1 { throw ValidationError("--count is 1 or more") }
            if let untilQuiet, !(1...86_400).contains(untilQuiet) {
                throw ValidationError("--until-quiet is 1 to 86400 seconds")
            }
            if follow, count != nil || untilQuiet != nil {
                throw ValidationError("--follow does not go with --count or --until-quiet")
            }
        }

        func run() async throws {
            let broker = try Environment.broker()
            try checkStream(broker)
            let consumer = try AMQPConsumer(
                broker, queue: Names.eventsLog, prefetch: 500,
                arguments: [("x-stream-offset", from.value)], name: "walletctl")
            let signals = SignalWatch(consumer)
            consumer.start()
            let quiet = untilQuiet.map { QuietWatch(seconds: $0, consumer) }
            await printEvents(of: consumer) { quiet?.heard() }
            quiet?.stop()
            signals.stop()
            await consumer.stop()
        }

        /// The consumer would wait for ever for a broker or a stream that is not there.
        private func checkStream(_ broker: AMQPConfiguration) throws {
            let connection = try AMQPConnection(broker)
            defer { connection.close() }
            try connection.declareQueuePassively(Names.eventsLog)
        }

        private func printEvents(of consumer: AMQPConsumer, _ heard: () -> Void) async {
            var printed = 0
            // Deliveries of a new connection begin anew where the first one did: what was printed is passed over.
            var last: Int64?
            while printed < count ?? .max {
                let batch = await consumer.deliveries.nextBatch(max: 500)
                if batch.isEmpty { return }
                heard()
                for delivery in batch {
                    consumer.acknowledge(delivery)
                    if case .int64(let offset)? = delivery.delivery.properties.headerValue("x-stream-offset") {
                        if let last, offset <= last { continue }
                        last = offset
                    }
                    guard printed < count ?? .max, matches(delivery.delivery.routingKey) else { continue }
                    printed += 1
                    print(line(delivery.delivery))
                }
                // Someone may be reading along through a pipe.
                fflush(nil)
            }
        }

        private func matches(_ name: String) -> Bool {
            guard let type else { return true }
            return topicMatches(type.split(separator: ".")[...], name.split(separator: ".")[...])
        }

        private func line(_ delivery: AMQPDelivery) -> String {
            if output.isJSON { return String(decoding: delivery.body, as: UTF8.self) }
            guard let event = try? JSON(parsing: delivery.body) else { return "\(delivery.routingKey): not JSON" }
            let data = event["data"]
            let place = "\(event["lane"]?.integer ?? -1):\(event["laneseq"]?.integer ?? -1)"
            return [
                event["time"]?.text ?? "", padded(delivery.routingKey, 24), event["commandid"]?.text ?? "",
                padded(place, 10), padded(data?["code"]?.text ?? "", 18), event["subject"]?.text ?? "",
            ].joined(separator: "  ")
        }

        private func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
    }
}

/// Where in a stream to begin (RabbitMQ, "Streams", Consuming).
struct StreamOffset: ExpressibleByArgument {
    static let next = StreamOffset(value: "next")

    let value: AMQPValue

    private init(value: AMQPValue) { self.value = value }

    init?(argument: String) {
        if ["first", "last", "next"].contains(argument) {
            value = .string(argument)
        } else if let offset = Int64(argument), offset >= 0 {
            value = .int64(offset)
        } else if let time = Timestamp(rfc3339: argument), time.microseconds >= 0 {
            value = .timestamp(UInt64(time.microseconds / 1_000_000))
        } else {
            return nil
        }
    }

    var defaultValueDescription: String {
        if case .string(let text) = value { text } else { "" }
    }
}

/// Whether a name fits a pattern of a topic exchange.
func topicMatches(_ pattern: ArraySlice<Substring>, _ name: ArraySlice<Substring>) -> Bool {
    guard let first = pattern.first else { return name.isEmpty }
    let rest = pattern.dropFirst()
    if first == "#" {
        return topicMatches(rest, name) || (!name.isEmpty && topicMatches(pattern, name.dropFirst()))
    }
    guard let word = name.first, first == "*" || first == word else { return false }
    return topicMatches(rest, name.dropFirst())
}

/// Ends a consumer, which ends its deliveries, on Ctrl-C and on SIGTERM.
private final class SignalWatch {
    private let sources: [any DispatchSourceSignal]

    init(_ consumer: AMQPConsumer) {
        sources = [SIGINT, SIGTERM].map { number in
            // The source is told of a signal that nobody else acts on.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { Task { await consumer.stop() } }
            source.resume()
            return source
        }
    }

    func stop() {
        for source in sources { source.cancel() }
    }
}

/// Ends a consumer when nothing was heard for a while.
private final class QuietWatch {
    private let timer: any DispatchSourceTimer
    private let seconds: Int

    init(seconds: Int, _ consumer: AMQPConsumer) {
        self.seconds = seconds
        timer = DispatchSource.makeTimerSource()
        timer.setEventHandler { Task { await consumer.stop() } }
        heard()
        timer.resume()
    }

    func heard() { timer.schedule(deadline: .now() + .seconds(seconds)) }
    func stop() { timer.cancel() }
}
