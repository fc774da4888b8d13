// What a merchant shows to be paid: the text of a QR code. Nothing is kept, so it needs no idempotency key.

import Domain
import Hummingbird
import Ledger
import Wire

/// `POST /wallets/{id}/qr-codes`
struct QRCodes: Resources {
    private let backend: Backend

    init(_ backend: Backend) { self.backend = backend }

    func addRoutes(to routes: inout RouteTable) {
        routes.post("/wallets/{id}/qr-codes", make)
    }

    @Sendable private func make(_ request: Hummingbird.Request, _ context: IngressContext) async throws -> Response {
        let identity = try context.identity(granted: .read)
        let id = try context.pathID(WalletKind.self, else: .outcome(.walletNotFound))
        let wanted = try Wanted(body: await request.jsonBody())
        let facts = try await backend.directory.readable(id, by: identity, field: nil)
        guard facts.type == .business else { throw APIError(.outcome(.notABusiness)) }
        guard let name = wanted.name ?? facts.name else { throw APIError(.outcome(.malformed), field: "name") }
        if let amount = wanted.amount, amount.currency != facts.currency {
            throw APIError(.outcome(.currencyMismatch), field: "amount.currency")
        }
        do throws(PaymentQR.Failure) {
            let code = try PaymentQR(
                walletID: id, amount: wanted.amount.map { .fixed($0) } ?? .open(facts.currency),
                reference: wanted.reference, merchantName: name)
            return .success { $0.member("qr", code.text) }
        } catch {
            throw APIError(.outcome(.malformed), field: Self.field(of: error))
        }
    }

    /// The field that a code's tag is made of.
    private static func field(of failure: PaymentQR.Failure) -> String {
        switch failure {
        case .invalid("54"): "amount.amount"
        case .invalid("62.05"): "reference"
        default: "name"
        }
    }

    private struct Wanted {
        let amount: Money?
        let reference: String?
        let name: String?

        init(body: [UInt8]) throws(APIError) {
            do throws(FieldError) {
                var fields = try FieldReader(body: body)
                amount = try fields.optionalMoney("amount")
                reference = try fields.optionalString("reference", bytesMax: PaymentQR.referenceCharactersMax)
                name = try fields.optionalString("name", bytesMax: PaymentQR.nameCharactersMax)
                try fields.finish()
            } catch {
                throw APIError(error)
            }
        }
    }
}
