// The ledger of confirms, the back-off, the queue, the URL: pure parts. No broker.

import Glibc
import Polling
import Testing

@testable import AMQP

@Suite("small parts")
struct SmallPartsTests {
    @Test("a confirm settles its publish once, a multiple one all before it that are left")
    func ledger() {
        var ledger = ConfirmLedger<String>()
        for name in ["a", "b", "c", "d", "e"] { ledger.append(name) }
        #expect(ledger.settle(tag: 3, multiple: false) == ["c"])
        #expect(ledger.settle(tag: 3, multiple: false) == [])
        #expect(ledger.settle(tag: 4, multiple: true) == ["a", "b", "d"])
        #expect(ledger.settle(tag: 2, multiple: true) == [])
        #expect(ledger.first == "e")
        #expect(ledger.settle(tag: 6, multiple: false) == nil)
        #expect(ledger.settle(tag: 0, multiple: false) == nil)
        ledger.append("f")
        #expect(ledger.settle(tag: 0, multiple: true) == ["e", "f"])
        #expect(ledger.count == 0)
        #expect(ledger.nextTag == 7)
    }

    @Test("in any order of confirms every publish is settled exactly once")
    func ledgerInAnyOrder() {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SplitMix(state: seed)
        var ledger = ConfirmLedger<UInt64>()
        var settled = Set<UInt64>()
        for _ in 0..<20_000 {
            if Bool.random(using: &generator) { ledger.append(ledger.nextTag) }
            guard ledger.nextTag > 1 else { continue }
            let low = max(1, Int(ledger.nextTag) - 3_000)
            let tag = UInt64(Int.random(in: low..<Int(ledger.nextTag), using: &generator))
            let multiple = Int.random(in: 0..<200, using: &generator) == 0
            for entry in ledger.settle(tag: tag, multiple: multiple) ?? [0] {
                #expect(settled.insert(entry).inserted && entry <= tag && entry > 0, "seed \(seed)")
            }
            #expect(Int(ledger.nextTag) - 1 == settled.count + ledger.count, "seed \(seed)")
        }
        let rest = ledger.reset()
        #expect(rest.count + settled.count == Set(rest).union(settled).count, "seed \(seed)")
        #expect(ledger.nextTag == 1)
    }

    @Test("the delay before another attempt doubles up to two seconds and begins anew after a success")
    func backoff() {
        var backoff = ReconnectBackoff()
        #expect(
            (0..<8).map { _ in backoff.nextDelayMilliseconds(fraction: 1) } == [
                50, 100, 200, 400, 800, 1_600, 2_000, 2_000,
            ])
        #expect(backoff.nextDelayMilliseconds(fraction: 0.5) == 1_000)
        backoff.reset()
        #expect(backoff.nextDelayMilliseconds(fraction: 0.5) == 25)
    }

    @Test("what is put into the queue comes out in order")
    func queue() {
        var queue = ReadQueue<Int>()
        var next = 0
        for number in 0..<5_000 {
            queue.append(number)
            if number % 3 > 0 {
                #expect(queue.popFirst() == next)
                next += 1
            }
        }
        queue.prepend(-1)
        #expect(queue.popFirst() == -1)
        while let number = queue.popFirst() {
            #expect(number == next)
            next += 1
        }
        #expect(next == 5_000)
        queue.prepend(1)
        #expect(queue.first == 1 && queue.count == 1)
    }

    @Test("a URL's parts are percent-decoded, and what it leaves out has defaults")
    func urls() throws {
        let full = try AMQPConfiguration(url: "amqp://us%40er:p%2Fa:ss@[::1]:5673/v%2Fhost")
        #expect(full.user == "us@er" && full.password.text == "p/a:ss" && full.host == "::1")
        #expect(full.port == 5_673 && full.virtualHost == "v/host")
        for url in ["amqp://host", "amqp://host/", "amqp://guest:guest@host:5672/%2F"] {
            let configuration = try AMQPConfiguration(url: url)
            #expect(configuration.host == "host" && configuration.port == 5_672 && configuration.virtualHost == "/")
            #expect(configuration.user == "guest" && configuration.password.text == "guest")
        }
    }

    @Test("amqps has a port of its own, and names the files of TLS in its query as RabbitMQ's clients do")
    func secureURLs() throws {
        #expect(try AMQPConfiguration(url: "amqp://h").tls == nil)
        let plain = try AMQPConfiguration(url: "amqps://h")
        #expect(plain.port == 5_671 && plain.tls == AMQPTLS())
        let full = try AMQPConfiguration(
            url: "amqps://u:p@h:1/v?cacertfile=%2Fa%20b.pem&certfile=c.pem&verify=verify_peer&keyfile=k.pem")
        #expect(full.host == "h" && full.port == 1 && full.virtualHost == "v")
        let client = AMQPTLS.Client(certificateFile: "c.pem", keyFile: "k.pem")
        #expect(full.tls == AMQPTLS(authoritiesFile: "/a b.pem", client: client))
    }

    @Test(
        "a URL that cannot be used is refused without being shown",
        arguments: [
            "", "http://h", "amqps:h", "amqps://h?x=1", "amqps://h?cacertfile=", "amqps://h?certfile=a", "amqps://h#f",
            "amqps://h?verify=verify_none", "amqps://h?cacertfile=secret%zz", "amqps://h?cacertfile=a&cacertfile=b",
            "amqp://", "amqp://u:secret@", "amqp://h:0", "amqp://h:70000", "amqp://h:x",
            "amqp://u:secret%@h", "amqp://u:secret%zz@h", "amqp://u:secret%FF@h", "amqp://[::1", "amqp://[::1]x",
            "amqp://u:secret@h/v?heartbeat=1", "amqp://u:secret%00@h",
        ])
    func badURLs(url: String) {
        do {
            _ = try AMQPConfiguration(url: url)
            Issue.record("accepted")
        } catch {
            guard case .invalidURL = error else {
                Issue.record("another error")
                return
            }
            #expect(!"\(error)".contains("secret"))
        }
    }

    @Test("a password prints as ‹redacted›, however the configuration is printed")
    func redaction() throws {
        let configuration = try AMQPConfiguration(url: "amqp://user:hunter2@host")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("hunter2"))
            #expect(text.contains("‹redacted›"))
        }
    }

    @Test("an error's description shows the code and its name, and nothing of the details")
    func descriptions() {
        let error = AMQPError.channelClosed(code: 404, text: "NOT_FOUND - no queue 'private' in vhost '/'")
        #expect(error.description == "the broker closed the channel: 404 NOT_FOUND")
        let odd = AMQPError.connectionClosed(code: 541, text: "private")
        #expect(odd.description == "the broker closed the connection: 541")
    }
    @Test("no more settlements wait than deliveries can be unsettled, and none for an older connection")
    func boundedSettlements() throws {
        let state = ConsumerState(wakeup: try Wakeup(), ordersMax: 3)
        func delivery(_ tag: UInt64, _ generation: UInt64) -> AMQPConsumerDelivery {
            let delivery = AMQPDelivery(
                deliveryTag: tag, isRedelivered: false, exchange: "", routingKey: "", consumerTag: "",
                properties: AMQPReceivedProperties(raw: []), body: [])
            return AMQPConsumerDelivery(delivery: delivery, generation: generation)
        }
        state.begin(generation: 2)
        state.settle(.acknowledge(multiple: false), delivery(1, 1))
        for tag in 1...5 { state.settle(.acknowledge(multiple: false), delivery(UInt64(tag), 2)) }
        #expect(state.takeOrders(hasUnsent: true).orders.isEmpty)
        #expect(state.takeOrders(hasUnsent: false).orders.map(\.deliveryTag) == [1, 2, 3])
        state.settle(.acknowledge(multiple: false), delivery(6, 2))
        state.begin(generation: 3)
        #expect(state.takeOrders(hasUnsent: false).orders.isEmpty)
    }

    @Test("the watchdog leaves a call alone that comes back in time, and shuts the socket of one that does not")
    func watchdog() throws {
        var ends: [Int32] = [0, 0]
        // The kernel writes two descriptors.
        let made = unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
        try #require(made == 0)
        defer { for end in ends { _ = close(end) } }
        func peerSeesEnd() throws -> Bool {
            var targets = [PollTarget(ends[1])]
            try poll(&targets, timeoutMilliseconds: 0)
            return targets[0].isReadable
        }
        let socket = try WatchedSocket(ends[0])
        socket.begin(milliseconds: 60_000)
        let now = monotonicNanoseconds()
        socket.look(now: now)
        #expect(!socket.end())
        socket.look(now: .max)
        #expect(try !peerSeesEnd())
        socket.begin(milliseconds: 60_000)
        socket.look(now: now + 61_000_000_000)
        #expect(try peerSeesEnd())
        #expect(socket.end() && !socket.end())
    }
}
