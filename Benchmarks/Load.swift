// Messages put into queues ahead of a run, confirmed by the broker.

import AMQP
import Domain
import Foundation
import Polling
import Topology
import Wire

/// A message and where it goes.
struct LoadMessage {
    let message: AMQPMessage
    let exchange: String
    let routingKey: String
}

/// Counts a connection's publishes and their confirms, which may come out of order.
struct Confirms {
    var sent: UInt64 = 0
    private var confirmed: UInt64 = 0
    private var outOfOrder: Set<UInt64> = []

    /// Waits until no more than so many publishes are unconfirmed.
    mutating func take(from connection: AMQPConnection, until remaining: UInt64) throws {
        while sent - confirmed > remaining {
            while let event = try connection.nextEvent() {
                guard case .confirmed(let tag, let multiple) = event else { continue }
                if multiple {
                    confirmed = max(confirmed, tag)
                    outOfOrder = outOfOrder.filter { $0 > tag }
                } else {
                    outOfOrder.insert(tag)
                }
                while outOfOrder.remove(confirmed + 1) != nil { confirmed += 1 }
            }
            if sent - confirmed > remaining {
                var targets = [PollTarget(connection.socket)]
                try poll(&targets, timeoutMilliseconds: 500)
            }
        }
    }
}

enum Load {
    private static let windowMax: UInt64 = 1_000

    /// Publishes everything and waits until all of it is confirmed.
    static func publish(_ messages: some Sequence<LoadMessage>, over configuration: AMQPConfiguration) throws {
        let connection = try AMQPConnection(configuration)
        try connection.enableConfirms()
        var confirms = Confirms()
        for load in messages {
            try connection.publish(
                load.message, exchange: load.exchange, routingKey: load.routingKey, mandatory: true)
            confirms.sent += 1
            if confirms.sent % 100 == 0 { try confirms.take(from: connection, until: windowMax) }
        }
        try confirms.take(from: connection, until: 0)
        connection.close()
    }

    /// Signed transfers between random wallets of a population, all accepted now.
    static func transfers(
        _ count: Int, among population: Population, key: PublisherKey
    ) -> some Sequence<LoadMessage> {
        let acceptedAt = Timestamp.now
        var source = TransferSource(population: population, key: key)
        return (0..<count).lazy.map { _ in source.next(acceptedAt: acceptedAt) }
    }
}

/// Signed transfers between random wallets of a population, without an end; the same ones each time.
struct TransferSource {
    let population: Population
    let key: PublisherKey
    private var random = SplitMix64(state: 7)
    private var number = 0

    init(population: Population, key: PublisherKey) {
        self.population = population
        self.key = key
    }

    mutating func next(acceptedAt: Timestamp) -> LoadMessage {
        let from = Int(random.next() % UInt64(population.wallets.count))
        let to = (from + 1 + Int(random.next() % UInt64(population.wallets.count - 1))) % population.wallets.count
        let amount = 100 + Int64(random.next() % 9_900)
        let body =
            #"{"from":"\#(population.wallets[from])","to":{"wallet":"\#(population.wallets[to])"},"#
            + #""amount":{"amount":\#(amount),"currency":"DZD"},"description":"Benchmark \#(number)"}"#
        var envelope = CommandEnvelope(
            content: CommandContent(type: CommandType.submitTransfer.name, body: Array(body.utf8)),
            publisher: key.publisher, client: "bench", subject: population.owners[from].description,
            permissions: [.read, .transfer], key: "transfer-\(number)", acceptedAt: acceptedAt,
            notAfter: acceptedAt.adding(seconds: 86_400))
        envelope.sign(with: key)
        number += 1
        return LoadMessage(
            message: AMQPMessage(envelope, seconds: UInt64(acceptedAt.microseconds / 1_000_000)),
            exchange: Names.commands, routingKey: Slots.routingKey(population.wallets[from].lastByte))
    }
}

extension Timestamp {
    static var now: Timestamp { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) }
}
