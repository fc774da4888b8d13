// Layer 1 against a real broker.

import Polling
import Testing

@testable import AMQP

@Suite("connection", .enabled(if: Broker.isAvailable), .timeLimit(.minutes(1)))
struct ConnectionTests {
    private let quorum = AMQPQueueDeclaration("q", arguments: ["x-queue-type": "quorum"])

    @Test("a publish is confirmed under its number, and arrives as it was sent")
    func confirmAndDeliver() async throws {
        try await Broker.withVirtualHost { configuration in
            let connection = try AMQPConnection(configuration)
            try connection.declareExchange(AMQPExchangeDeclaration("x", type: "direct"))
            try connection.declareQueue(quorum)
            try connection.bindQueue(queue: "q", exchange: "x", routingKey: "00")
            try connection.enableConfirms()

            var message = sampleMessage("id-1")
            message.properties.correlationID = "correlation"
            message.properties.replyTo = "reply"
            message.properties.expiration = "60000"
            message.properties.userID = configuration.user
            message.properties.contentEncoding = "identity"
            message.properties.headers.append("header-0", "twice")
            message.properties.headers.append("nested", .table(["list": .array([1, .null, .double(0.5)])]))
            #expect(try connection.publish(message, exchange: "x", routingKey: "00", mandatory: true) == 1)
            #expect(try next(connection) == .confirmed(tag: 1, multiple: false))
            // Larger than a frame, and empty.
            let large = sampleMessage("id-2", body: (0..<300_000).map { UInt8(truncatingIfNeeded: $0) })
            #expect(try connection.publish(large, exchange: "x", routingKey: "00", mandatory: true) == 2)
            #expect(try next(connection) == .confirmed(tag: 2, multiple: false))
            try connection.publish(AMQPMessage(body: []), exchange: "x", routingKey: "00", mandatory: true)
            #expect(try next(connection) == .confirmed(tag: 3, multiple: false))

            try connection.consume(queue: "q", tag: "c")
            let first = try delivery(connection)
            #expect(first.deliveryTag == 1 && first.exchange == "x" && first.routingKey == "00")
            #expect(first.consumerTag == "c" && !first.isRedelivered)
            #expect(first.body == message.body)
            #expect(first.properties.decoded() == message.properties)
            #expect(try delivery(connection).body == large.body)
            #expect(try delivery(connection).body.isEmpty)
            connection.close()
            #expect(throws: AMQPError.closed) { try connection.nextEvent() }
        }
    }

    @Test("a mandatory message without a queue comes back before its confirm")
    func returned() async throws {
        try await Broker.withVirtualHost { configuration in
            let connection = try AMQPConnection(configuration)
            try connection.enableConfirms()
            let message = sampleMessage("lost")
            try connection.publish(message, exchange: "", routingKey: "nowhere", mandatory: true)
            guard case .returned(let returned) = try next(connection) else {
                Issue.record("no return")
                return
            }
            #expect(returned.code == 312 && returned.routingKey == "nowhere" && returned.exchange.isEmpty)
            #expect(returned.properties.messageID == "lost" && returned.body == message.body)
            #expect(try next(connection) == .confirmed(tag: 1, multiple: false))
        }
    }

    @Test("a full queue with reject-publish nacks")
    func nacked() async throws {
        try await Broker.withVirtualHost { configuration in
            let connection = try AMQPConnection(configuration)
            let full: AMQPTable = ["x-max-length": 1, "x-overflow": "reject-publish"]
            try connection.declareQueue(AMQPQueueDeclaration("full", arguments: full))
            try connection.enableConfirms()
            try connection.publish(sampleMessage("1"), exchange: "", routingKey: "full", mandatory: true)
            #expect(try next(connection) == .confirmed(tag: 1, multiple: false))
            try connection.publish(sampleMessage("2"), exchange: "", routingKey: "full", mandatory: true)
            guard case .nacked(tag: 2, _) = try next(connection) else {
                Issue.record("no nack")
                return
            }
        }
    }

    @Test("one multiple acknowledgement settles all before it; what was not acknowledged comes again, marked")
    func multipleAckAndRedelivery() async throws {
        try await Broker.withVirtualHost { configuration in
            let connection = try AMQPConnection(configuration)
            try connection.declareQueue(quorum)
            try connection.enableConfirms()
            for number in 1...5 {
                try connection.publish(sampleMessage("\(number)"), exchange: "", routingKey: "q", mandatory: true)
                #expect(try next(connection) == .confirmed(tag: UInt64(number), multiple: false))
            }
            try connection.setPrefetch(5)
            try connection.consume(queue: "q", tag: "first")
            var tags: [UInt64] = []
            for _ in 1...5 { tags.append(try delivery(connection).deliveryTag) }
            #expect(tags == [1, 2, 3, 4, 5])
            try connection.acknowledge(deliveryTag: 3, multiple: true)
            connection.close()

            let second = try AMQPConnection(configuration)
            try second.consume(queue: "q", tag: "second")
            let fourth = try delivery(second)
            let fifth = try delivery(second)
            #expect([fourth.properties.messageID, fifth.properties.messageID] == ["4", "5"])
            #expect(fourth.isRedelivered && fifth.isRedelivered)
            try second.reject(deliveryTag: fourth.deliveryTag, requeue: true)
            let again = try delivery(second)
            #expect(again.properties.messageID == "4" && again.isRedelivered)
            try second.nack(deliveryTag: again.deliveryTag, multiple: true, requeue: false)
            try second.cancel(tag: "second")
            #expect(try second.declareQueuePassively("q").consumerCount == 0)
        }
    }

    @Test("deleting its queue cancels a consumer")
    func consumerCancelled() async throws {
        try await Broker.withVirtualHost { configuration in
            let consumer = try AMQPConnection(configuration)
            try consumer.declareQueue(AMQPQueueDeclaration("q"))
            try consumer.consume(queue: "q", tag: "c")
            let other = try AMQPConnection(configuration)
            try other.deleteQueue("q")
            #expect(try next(consumer) == .consumerCancelled(tag: "c"))
        }
    }

    @Test("a wrong password is refused with 403, a missing virtual host with 530, a closed port with neither")
    func loginErrors() async throws {
        try await Broker.withVirtualHost { configuration in
            func code(_ configuration: AMQPConfiguration) throws -> UInt16? {
                do throws(AMQPError) {
                    _ = try AMQPConnection(configuration)
                    return nil
                } catch {
                    guard case .connectionClosed(let code, _) = error else { throw error }
                    return code
                }
            }
            var wrong = configuration
            wrong.password = AMQPSecret("wrong")
            #expect(try code(wrong) == 403)
            wrong = configuration
            wrong.virtualHost = "missing"
            #expect(try code(wrong) == 530)
            wrong = configuration
            wrong.port = 1
            do throws(AMQPError) {
                _ = try AMQPConnection(wrong)
                Issue.record("connected")
            } catch {
                guard case .connectFailed = error else { throw error }
            }
        }
    }

    @Test("a closed channel says why until it is opened again, and then works")
    func channelErrors() async throws {
        try await Broker.withVirtualHost { configuration in
            func code(_ body: () throws(AMQPError) -> Void) throws -> UInt16? {
                do throws(AMQPError) {
                    try body()
                    return nil
                } catch {
                    guard case .channelClosed(let code, _) = error else { throw error }
                    return code
                }
            }
            let connection = try AMQPConnection(configuration)
            #expect(try code { () throws(AMQPError) in try connection.declareQueuePassively("absent") } == 404)
            #expect(!connection.isOpen)
            #expect(try code { () throws(AMQPError) in _ = try connection.nextEvent() } == 404)
            try connection.reopenChannel()
            try connection.declareQueue(quorum)
            let different = AMQPQueueDeclaration("q")
            #expect(try code { () throws(AMQPError) in try connection.declareQueue(different) } == 406)
            try connection.reopenChannel()
            try connection.enableConfirms()
            #expect(try connection.publish(sampleMessage("1"), exchange: "", routingKey: "q", mandatory: true) == 1)
            #expect(try next(connection) == .confirmed(tag: 1, multiple: false))
            #expect(try connection.purgeQueue("q") == 1)
        }
    }

    @Test("what cannot be sent is refused with nothing written, and the connection goes on")
    func invalidArguments() async throws {
        try await Broker.withVirtualHost { configuration in
            let connection = try AMQPConnection(configuration)
            try connection.declareQueue(quorum)
            try connection.enableConfirms()
            let long = String(repeating: "k", count: 256)
            var fat = sampleMessage("fat")
            fat.properties.headers.append("fat", .bytes(Array(repeating: 0, count: 131_072)))
            var odd = sampleMessage("odd")
            odd.properties.headers.append("odd", .unsupported(kind: 1))
            for (message, key) in [(sampleMessage("1"), long), (fat, "q"), (odd, "q")] {
                do throws(AMQPError) {
                    try connection.publish(message, exchange: "", routingKey: key, mandatory: true)
                    Issue.record("published")
                } catch {
                    guard case .invalidArgument = error else { throw error }
                }
            }
            // Just under a frame.
            var large = sampleMessage("large")
            large.properties.headers.append("large", .bytes(Array(repeating: 0, count: 130_000)))
            #expect(try connection.publish(large, exchange: "", routingKey: "q", mandatory: true) == 1)
            #expect(try next(connection) == .confirmed(tag: 1, multiple: false))
        }
    }

    @Test("a stream is read from the offset asked for")
    func streams() async throws {
        try await Broker.withVirtualHost { configuration in
            let connection = try AMQPConnection(configuration)
            try connection.declareQueue(AMQPQueueDeclaration("log", arguments: ["x-queue-type": "stream"]))
            try connection.enableConfirms()
            for number in 0..<10 {
                try connection.publish(sampleMessage("\(number)"), exchange: "", routingKey: "log", mandatory: true)
            }
            var confirmed: UInt64 = 0
            while confirmed < 10 {
                if case .confirmed(let tag, _) = try next(connection) { confirmed = max(confirmed, tag) }
            }
            try connection.setPrefetch(10)
            try connection.consume(queue: "log", tag: "c", arguments: ["x-stream-offset": 7])
            let first = try delivery(connection)
            #expect(first.properties.messageID == "7")
            #expect(first.properties.headerValue("x-stream-offset") == 7)
        }
    }

    @Test("an idle connection outlives many heartbeats when it is serviced")
    func heartbeats() async throws {
        try await Broker.withVirtualHost { configuration in
            var quick = configuration
            quick.heartbeatSeconds = 1
            let connection = try AMQPConnection(quick)
            // The broker gives up a client that is silent for two intervals.
            let end = Deadline(milliseconds: 3_200)
            var targets = [PollTarget(connection.socket)]
            while end.remainingMicroseconds > 0 {
                try connection.serviceHeartbeat()
                try poll(&targets, timeoutMilliseconds: 400)
            }
            try connection.declareQueue(quorum)
        }
    }
    @Test("a connection that publishes for long and reads nothing goes on, heartbeats that came meanwhile or not")
    func heartbeatsWhilePublishing() async throws {
        try await Broker.withVirtualHost { configuration in
            var quick = configuration
            quick.heartbeatSeconds = 1
            let connection = try AMQPConnection(quick)
            try connection.declareQueue(AMQPQueueDeclaration("q"))
            // After two intervals the library reads within a publish, and after two more it queues what it has read.
            let end = Deadline(milliseconds: 4_400)
            var count: UInt32 = 0
            var targets: [PollTarget] = []
            while end.remainingMicroseconds > 0 {
                try connection.publish(AMQPMessage(body: [1]), exchange: "", routingKey: "q", mandatory: false)
                count += 1
                try poll(&targets, timeoutMilliseconds: 100)
            }
            #expect(try connection.nextEvent() == nil)
            try await eventually("all are there") { try connection.declareQueuePassively("q").messageCount == count }
        }
    }
}
