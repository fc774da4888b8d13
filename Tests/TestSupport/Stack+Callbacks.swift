// Callbacks as the outside services send them, and as somebody might who is none.

public import Domain
import Foundation
public import Wire

/// What a service reports, as JSON.
public func reportJSON(
    _ type: String, of command: CommandID, status: String, amount: Int64, id: String = "x_1"
) -> String {
    """
    {"type":"\(type)","timestamp":"2026-11-22T12:00:00Z","data":{"id":"\(id)","idempotency_key":"\(command)",\
    "status":"\(status)","amount":\(moneyJSON(amount))}}
    """
}

extension Stack {
    /// What a sender signs with: `PAYMENT` or `BANK`.
    public func webhookSecrets(of sender: String) throws -> WebhookSecrets {
        guard let secrets = WebhookSecrets(try variable("WALLET_CALLBACK_SECRETS_\(sender)")) else {
            throw Failure("there are no secrets of \(sender)")
        }
        return secrets
    }

    /// Sends a callback.
    ///
    /// - Parameters:
    ///   - secondsFromNow: how wrong the sender's clock is.
    ///   - id: the webhook's; a new one unless it is given.
    public func callback(
        _ path: String, _ body: String, signedBy secrets: WebhookSecrets, secondsFromNow: Int64 = 0, id: String? = nil
    ) async throws -> Reply {
        let message = WebhookMessage(
            id: id ?? "msg_\(UInt64.random(in: 0...UInt64.max))",
            timestamp: "\(Int64(Date().timeIntervalSince1970) + secondsFromNow)", body: Array(body.utf8))
        return try await request(
            "POST", path, token: nil, body: message.body,
            headers: [
                ("content-type", "application/json"), (WebhookSecrets.idHeader, message.id),
                (WebhookSecrets.timestampHeader, message.timestamp),
                (WebhookSecrets.signatureHeader, secrets.signature(of: message)),
            ])
    }
}
