// The frame machine as a conversation: frame in, what is complete out. No broker.

import Testing

@testable import AMQP

@Suite("frame assembly")
struct FrameAssemblyTests {
    private let deliver = DeliverMethod(
        deliveryTag: 7, isRedelivered: true, exchange: "x", routingKey: "k", consumerTag: "c")
    private let returned = ReturnMethod(code: 312, text: "NO_ROUTE", exchange: "x", routingKey: "k")

    private func delivery(_ properties: [UInt8], _ body: [UInt8]) -> FrameAssembly.Output {
        .event(
            .delivery(
                AMQPDelivery(
                    deliveryTag: 7, isRedelivered: true, exchange: "x", routingKey: "k", consumerTag: "c",
                    properties: AMQPReceivedProperties(raw: properties), body: body)))
    }

    @Test("a delivery is complete with the last byte of its body, in however many frames that comes")
    func deliveryInPieces() throws {
        var assembly = FrameAssembly()
        for _ in 0..<2 {
            #expect(try assembly.receive(.method(.deliver(deliver))) == nil)
            #expect(try assembly.receive(.header(bodySize: 5, properties: [0, 0])) == nil)
            #expect(try assembly.receive(.body([1, 2])) == nil)
            #expect(try assembly.receive(.body([3])) == nil)
            #expect(try assembly.receive(.body([4, 5])) == delivery([0, 0], [1, 2, 3, 4, 5]))
        }
    }

    @Test("a message without a body is complete with its header")
    func emptyBody() throws {
        var assembly = FrameAssembly()
        #expect(try assembly.receive(.method(.deliver(deliver))) == nil)
        #expect(try assembly.receive(.header(bodySize: 0, properties: [0, 0])) == delivery([0, 0], []))
        #expect(
            try assembly.receive(.method(.ack(tag: 3, multiple: true))) == .event(.confirmed(tag: 3, multiple: true)))
    }

    @Test("a return carries what was published")
    func aReturn() throws {
        var assembly = FrameAssembly()
        #expect(try assembly.receive(.method(.returned(returned))) == nil)
        #expect(try assembly.receive(.header(bodySize: 1, properties: [0, 0])) == nil)
        let expected = AMQPReturn(
            code: 312, text: "NO_ROUTE", exchange: "x", routingKey: "k",
            properties: AMQPReceivedProperties(raw: [0, 0]), body: [9])
        #expect(try assembly.receive(.body([9])) == .event(.returned(expected)))
    }

    @Test(
        "methods without content are complete at once",
        arguments: [
            (ServerMethod.nack(tag: 1, multiple: false), FrameAssembly.Output.event(.nacked(tag: 1, multiple: false))),
            (.consumerCancel(tag: "c"), .event(.consumerCancelled(tag: "c"))),
            (.blocked(reason: "low on memory"), .event(.blocked(reason: "low on memory"))),
            (.unblocked, .event(.unblocked)),
            (.qosOk, .reply(.qosOk)),
            (.channelClose(code: 404, text: "t"), .channelClosed(code: 404, text: "t")),
            (.connectionClose(code: 320, text: "t"), .connectionClosed(code: 320, text: "t")),
        ])
    func plainMethods(method: ServerMethod, output: FrameAssembly.Output) throws {
        var assembly = FrameAssembly()
        #expect(try assembly.receive(.method(method)) == output)
    }

    @Test("an alarm between the frames of a content does not disturb it")
    func alarmInContent() throws {
        var assembly = FrameAssembly()
        #expect(try assembly.receive(.method(.deliver(deliver))) == nil)
        #expect(try assembly.receive(.method(.blocked(reason: "r"))) == .event(.blocked(reason: "r")))
        #expect(try assembly.receive(.header(bodySize: 1, properties: [0, 0])) == nil)
        #expect(try assembly.receive(.method(.unblocked)) == .event(.unblocked))
        #expect(try assembly.receive(.body([1])) == delivery([0, 0], [1]))
    }

    @Test("a close in the middle of a content is a close, and the content is forgotten")
    func closeInContent() throws {
        var assembly = FrameAssembly()
        #expect(try assembly.receive(.method(.deliver(deliver))) == nil)
        #expect(try assembly.receive(.header(bodySize: 9, properties: [0, 0])) == nil)
        let close = ServerMethod.channelClose(code: 406, text: "t")
        #expect(try assembly.receive(.method(close)) == .channelClosed(code: 406, text: "t"))
        #expect(try assembly.receive(.method(.channelOpenOk)) == .reply(.channelOpenOk))
    }

    @Test("a frame out of turn is a violation, never a message")
    func outOfTurn() throws {
        func violates(_ frames: [AMQPFrame]) throws {
            var assembly = FrameAssembly()
            for frame in frames.dropLast() { #expect(try assembly.receive(frame) == nil) }
            let last = try #require(frames.last)
            do {
                _ = try assembly.receive(last)
                Issue.record("accepted")
            } catch {
                guard case .protocolViolation = error else { throw error }
            }
        }
        let method = AMQPFrame.method(.deliver(deliver))
        let header = AMQPFrame.header(bodySize: 2, properties: [0, 0])
        try violates([header])
        try violates([.body([1])])
        try violates([method, .body([1])])
        try violates([method, method])
        try violates([method, header, header])
        try violates([method, header, .body([1]), method])
        try violates([method, header, .body([1, 2, 3])])
        try violates([.method(.unknown(id: 1))])
    }
    @Test("a body larger than the limit is refused as soon as its header says so")
    func bodyLimit() throws {
        for (limit, size) in [(10, UInt64(11)), (128 << 20, .max), (-1, 1)] {
            var assembly = FrameAssembly(bodyBytesMax: limit)
            #expect(try assembly.receive(.method(.deliver(deliver))) == nil)
            do throws(AMQPError) {
                _ = try assembly.receive(.header(bodySize: size, properties: [0, 0]))
                Issue.record("accepted")
            } catch {
                #expect(error == .limitExceeded("bodyBytesMax"))
            }
        }
    }
}
