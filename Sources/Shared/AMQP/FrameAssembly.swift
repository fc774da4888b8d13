// Puts frames together to events: a pure machine, tested without a broker.

/// A frame as the handle copies it out of the C library.
enum AMQPFrame: Equatable {
    case method(ServerMethod)
    case header(bodySize: UInt64, properties: [UInt8])
    case body([UInt8])
}

/// A method that the broker sends.
enum ServerMethod: Equatable {
    case start(versionMajor: UInt8, mechanisms: String)
    case tune(channelMax: UInt16, frameMax: UInt32, heartbeat: UInt16)
    case openOk, channelOpenOk, channelCloseOk, connectionCloseOk
    case exchangeDeclareOk, queueBindOk, queueUnbindOk, confirmSelectOk, qosOk
    case queueDeclareOk(name: String, messageCount: UInt32, consumerCount: UInt32)
    case queuePurgeOk(messageCount: UInt32), queueDeleteOk(messageCount: UInt32)
    case consumeOk(tag: String), cancelOk(tag: String)

    case connectionClose(code: UInt16, text: String), channelClose(code: UInt16, text: String)
    case blocked(reason: String), unblocked
    case consumerCancel(tag: String)
    case ack(tag: UInt64, multiple: Bool), nack(tag: UInt64, multiple: Bool)
    case deliver(DeliverMethod), returned(ReturnMethod)
    case unknown(id: UInt32)
}

struct DeliverMethod: Equatable {
    let deliveryTag: UInt64
    let isRedelivered: Bool
    let exchange: String
    let routingKey: String
    let consumerTag: String
}

struct ReturnMethod: Equatable {
    let code: UInt16
    let text: String
    let exchange: String
    let routingKey: String
}

/// Assembles method, header and body frames of one channel.
///
/// ```
///            deliver, return            header, size > 0           body, last
///   idle ───────────────────▶ method ───────────────────▶ content ──────────▶ idle + event
///    ▲ any other method: at once │ header, size 0: event     │ body: stays
///    └───────────────────────────┘                           └─ close: at once, content forgotten
/// ```
struct FrameAssembly: ~Copyable {
    enum Output: Equatable {
        case event(AMQPEvent)
        /// The answer to a call.
        case reply(ServerMethod)
        case channelClosed(code: UInt16, text: String)
        case connectionClosed(code: UInt16, text: String)
    }

    private enum Opening {
        case deliver(DeliverMethod)
        case returned(ReturnMethod)
    }

    private enum State: ~Copyable {
        case idle
        case method(Opening)
        case content(Opening, properties: [UInt8], bodySize: UInt64, body: [UInt8])
    }

    private var state: State
    private let bodyBytesMax: UInt64

    /// - Parameter bodyBytesMax: a message with a larger body is refused as soon as its header says so.
    init(bodyBytesMax: Int = 128 << 20) { self.init(.idle, UInt64(max(0, bodyBytesMax))) }

    private var isIdle: Bool {
        switch state {
        case .idle: true
        case .method: false
        case .content: false
        }
    }

    private init(_ state: consuming State, _ bodyBytesMax: UInt64) {
        self.state = state
        self.bodyBytesMax = bodyBytesMax
    }

    /// Takes the next frame.
    ///
    /// - Returns: what is complete with this frame, nil if more frames are needed.
    /// - Throws: `protocolViolation` for a frame out of turn, `limitExceeded` for a body that is too large; the connection cannot be used after it.
    mutating func receive(_ frame: consuming AMQPFrame) throws(AMQPError) -> Output? {
        switch frame {
        case .method(let method): try receive(method)
        case .header(let bodySize, let properties): try receive(bodySize: bodySize, properties: properties)
        case .body(let bytes): try receive(body: bytes)
        }
    }

    private mutating func receive(_ method: ServerMethod) throws(AMQPError) -> Output? {
        // A close may come in the middle of a content; nothing else may.
        switch method {
        case .connectionClose(let code, let text):
            self = FrameAssembly(.idle, bodyBytesMax)
            return .connectionClosed(code: code, text: text)
        case .channelClose(let code, let text):
            self = FrameAssembly(.idle, bodyBytesMax)
            return .channelClosed(code: code, text: text)
        // These belong to the connection as a whole, and may fall between the frames of a content.
        case .blocked(let reason): return .event(.blocked(reason: reason))
        case .unblocked: return .event(.unblocked)
        case .connectionCloseOk: return .reply(method)
        default: break
        }
        guard isIdle else { throw .protocolViolation("a method before the end of a content") }
        switch method {
        case .deliver(let deliver):
            self = FrameAssembly(.method(.deliver(deliver)), bodyBytesMax)
            return nil
        case .returned(let returned):
            self = FrameAssembly(.method(.returned(returned)), bodyBytesMax)
            return nil
        case .ack(let tag, let multiple): return .event(.confirmed(tag: tag, multiple: multiple))
        case .nack(let tag, let multiple): return .event(.nacked(tag: tag, multiple: multiple))
        case .consumerCancel(let tag): return .event(.consumerCancelled(tag: tag))
        case .unknown: throw .protocolViolation("a method that a client does not expect")
        default: return .reply(method)
        }
    }

    private mutating func receive(bodySize: UInt64, properties: [UInt8]) throws(AMQPError) -> Output? {
        switch consume state {
        case .method(let opening):
            guard bodySize <= bodyBytesMax else {
                self = FrameAssembly(.idle, bodyBytesMax)
                throw .limitExceeded("bodyBytesMax")
            }
            if bodySize == 0 {
                self = FrameAssembly(.idle, bodyBytesMax)
                return .event(Self.event(opening, properties: properties, body: []))
            }
            self = FrameAssembly(.content(opening, properties: properties, bodySize: bodySize, body: []), bodyBytesMax)
            return nil
        case .idle:
            self = FrameAssembly(.idle, bodyBytesMax)
            throw .protocolViolation("a content header without a method")
        case .content:
            self = FrameAssembly(.idle, bodyBytesMax)
            throw .protocolViolation("a second content header")
        }
    }

    private mutating func receive(body bytes: [UInt8]) throws(AMQPError) -> Output? {
        switch consume state {
        case .content(let opening, let properties, let bodySize, var body):
            guard UInt64(body.count) + UInt64(bytes.count) <= bodySize else {
                self = FrameAssembly(.idle, bodyBytesMax)
                throw .protocolViolation("a body longer than its header says")
            }
            // Nearly every body is one frame, and then these bytes are the body: no second copy.
            if body.isEmpty {
                body = bytes
                if UInt64(bytes.count) < bodySize { body.reserveCapacity(Int(bodySize)) }
            } else {
                body.append(contentsOf: bytes)
            }
            if UInt64(body.count) == bodySize {
                self = FrameAssembly(.idle, bodyBytesMax)
                return .event(Self.event(opening, properties: properties, body: body))
            }
            self = FrameAssembly(
                .content(opening, properties: properties, bodySize: bodySize, body: body), bodyBytesMax)
            return nil
        case .idle:
            self = FrameAssembly(.idle, bodyBytesMax)
            throw .protocolViolation("a body without a method")
        case .method:
            self = FrameAssembly(.idle, bodyBytesMax)
            throw .protocolViolation("a body without a content header")
        }
    }

    private static func event(_ opening: Opening, properties: [UInt8], body: [UInt8]) -> AMQPEvent {
        let properties = AMQPReceivedProperties(raw: properties)
        switch opening {
        case .deliver(let method):
            return .delivery(
                AMQPDelivery(
                    deliveryTag: method.deliveryTag, isRedelivered: method.isRedelivered, exchange: method.exchange,
                    routingKey: method.routingKey, consumerTag: method.consumerTag, properties: properties, body: body))
        case .returned(let method):
            return .returned(
                AMQPReturn(
                    code: method.code, text: method.text, exchange: method.exchange, routingKey: method.routingKey,
                    properties: properties, body: body))
        }
    }
}
