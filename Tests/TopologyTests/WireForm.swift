// Properties in the form in which a broker delivers them, made without one.

@testable import AMQP

/// Writes class basic's property list (AMQP 0-9-1 §4.2.6.1), for the kinds of value that commands carry.
func wireForm(_ properties: AMQPProperties) -> [UInt8] {
    var flags: UInt16 = 0
    var values: [UInt8] = []
    func short(_ text: String?, _ flag: UInt16) {
        guard let text else { return }
        flags |= flag
        values.append(UInt8(text.utf8.count))
        values += text.utf8
    }
    short(properties.contentType, 0x8000)
    if !properties.headers.isEmpty {
        flags |= 0x2000
        let table = properties.headers.entries.flatMap { field($0.key, $0.value) }
        values += bigEndian(UInt64(table.count), 4) + table
    }
    if properties.isPersistent {
        flags |= 0x1000
        values.append(2)
    }
    short(properties.correlationID, 0x0400)
    short(properties.expiration, 0x0100)
    short(properties.messageID, 0x0080)
    if let timestamp = properties.timestamp {
        flags |= 0x0040
        values += bigEndian(timestamp, 8)
    }
    short(properties.type, 0x0020)
    short(properties.userID, 0x0010)
    short(properties.appID, 0x0008)
    return bigEndian(UInt64(flags), 2) + values
}

private func field(_ key: String, _ value: AMQPValue) -> [UInt8] {
    var bytes = [UInt8(key.utf8.count)] + Array(key.utf8)
    switch value {
    case .string(let text): bytes += [UInt8(ascii: "S")] + bigEndian(UInt64(text.utf8.count), 4) + Array(text.utf8)
    case .int64(let number): bytes += [UInt8(ascii: "l")] + bigEndian(UInt64(bitPattern: number), 8)
    case .unsupported(let kind): bytes += [kind]
    default: preconditionFailure("no command carries such a value")
    }
    return bytes
}

private func bigEndian(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - $0))) }
}

/// A message as it arrives.
func delivery(_ message: AMQPMessage, tag: UInt64 = 1, routingKey: String = "11") -> AMQPDelivery {
    AMQPDelivery(
        deliveryTag: tag, isRedelivered: false, exchange: "wallet.commands", routingKey: routingKey,
        consumerTag: "lane", properties: AMQPReceivedProperties(raw: wireForm(message.properties)), body: message.body)
}
