// Sends the stand-ins' callbacks to the wallet as real services would: signed, and again until they are taken.

import AsyncHTTPClient
import Domain
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Wire

/// Where the callbacks of one stand-in go, and what signs them.
struct CallbackLine: Sendable {
    /// `…/api/v1/callbacks/payments`
    let url: String
    let secrets: WebhookSecrets
    /// Which nobody knows.
    let wrongSecrets: WebhookSecrets

    init(url: String, secrets: WebhookSecrets) {
        self.url = url
        self.secrets = secrets
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
        guard let wrong = WebhookSecrets("whsec_" + encodeBase64URL(bytes)) else {
            preconditionFailure("32 bytes make a secret")
        }
        wrongSecrets = wrong
    }
}

/// Keeps the callbacks that are to be sent, and sends each when its time has come.
struct CallbackDesk: Service {
    /// A callback, ready but for its signature, which is made anew each time it is sent.
    struct Letter: Sendable {
        let line: CallbackLine
        let body: [UInt8]
        let delay: Duration
        let isRightlySigned: Bool
        /// Once it was taken.
        let whenTaken: @Sendable () -> Void
    }

    /// How often a callback is sent at most, and how long after each time; the last is used for the rest.
    static let attemptsMax = 8
    static let pauses: [Duration] = [.milliseconds(500), .seconds(1), .seconds(2), .seconds(4)]
    static let requestSecondsMax: Int64 = 5

    private let letters: AsyncStream<Letter>
    private let inbox: AsyncStream<Letter>.Continuation
    private let logger: Logger

    init(logger: Logger) {
        (letters, inbox) = AsyncStream.makeStream(of: Letter.self)
        self.logger = logger
    }

    /// Has a callback sent when its time has come.
    func leave(_ letter: Letter) { inbox.yield(letter) }

    /// Sends what is left here until graceful shutdown; what is not taken by then is lost, as the rest of a sandbox is.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for await letter in letters { group.addTask { await deliver(letter) } }
            }
        }
    }

    /// Sends a callback until it is taken, refused for good, or was sent too often.
    func deliver(_ letter: Letter) async {
        let id = "msg_" + encodeBase64URL((0..<18).map { _ in UInt8.random(in: .min ... .max) })
        do {
            try await Task.sleep(for: letter.delay)
            for attempt in 0..<Self.attemptsMax {
                let status = try await send(letter, id: id)
                logger.info("a callback was sent", metadata: ["webhook": "\(id)", "status": "\(status ?? 0)"])
                switch status {
                case .some(200..<300): return letter.whenTaken()
                // Not known yet, too many, or nobody knows: these pass.
                case .some(404), .some(429), .some(500...), nil: break
                default: return
                }
                try await Task.sleep(for: Self.pauses[min(attempt, Self.pauses.count - 1)])
            }
        } catch {
            // Shutting down.
            return
        }
    }

    /// - Returns: the status; nil without an answer.
    private func send(_ letter: Letter, id: String) async throws(CancellationError) -> Int? {
        let message = WebhookMessage(
            id: id, timestamp: String(Int64(Date().timeIntervalSince1970)), body: letter.body)
        let secrets = letter.isRightlySigned ? letter.line.secrets : letter.line.wrongSecrets
        var request = HTTPClientRequest(url: letter.line.url)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.headers.add(name: WebhookSecrets.idHeader, value: message.id)
        request.headers.add(name: WebhookSecrets.timestampHeader, value: message.timestamp)
        request.headers.add(name: WebhookSecrets.signatureHeader, value: secrets.signature(of: message))
        request.body = .bytes(message.body)
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(Self.requestSecondsMax))
            return Int(response.status.code)
        } catch {
            if Task.isCancelled { throw CancellationError() }
            return nil
        }
    }
}
