// Puts the sandbox together, for the program and for tests alike.

import Domain
import Hummingbird
import Logging
import Outside
import Settings
import Wire

/// The stand-ins' routes.
///
/// - Parameters:
///   - clock: the time of all stand-ins.
///   - payment: nil for a stand-in that sends no callbacks.
///   - bank: the same.
///   - people: nil for a stand-in that tells the wallet of nobody.
func buildSandboxRouter(
    identity: Identity, clock: SandboxClock = SandboxClock(), payment: Payment? = nil, bank: Bank? = nil,
    people: People? = nil
) -> Router<BasicRequestContext> {
    let router = Router()
    router.add(middleware: RequestLog(logger: Logger(label: "sandbox.requests")))
    router.add(middleware: ErrorAnswers())
    router.get("healthz") { _, _ in Response.json(.ok) { $0.member("status", "alive") } }
    identity.addRoutes(to: router)
    people?.addRoutes(to: router)
    clock.addRoutes(to: router)
    (payment ?? Payment(clock: clock)).addRoutes(to: router)
    (bank ?? Bank(clock: clock)).addRoutes(to: router)
    return router
}

/// The whole sandbox: the routes, the service that verifies beneficiaries, and the one that sends callbacks.
func buildSandbox(_ configuration: SandboxConfiguration) throws -> some ApplicationProtocol {
    let logger = Logger(label: "sandbox")
    let identity: Identity
    do {
        identity = try Identity(privateKeyPEM: configuration.jwtKeyPEM, now: systemTime)
    } catch {
        // The reason may show parts of the key.
        throw SettingError.unusable("WALLET_JWT_KEY")
    }
    let outside: OutsideConfiguration
    do {
        outside = try OutsideConfiguration(
            amqpURL: configuration.identityAMQPURL, publisher: BeneficiaryVerification.publisher,
            keyring: configuration.keyring, serviceURL: nil, logger: Logger(label: "identity"))
    } catch {
        switch error {
        case .amqp: throw SettingError.unusable("WALLET_AMQP_IDENTITY")
        case .noSigningKey: throw SettingError.unusable("WALLET_KEYRING")
        }
    }
    let verification = try BeneficiaryVerification.worker(outside)
    let desk = CallbackDesk(logger: Logger(label: "sandbox.callbacks"))
    let clock = SandboxClock(advancedSeconds: configuration.advancedSeconds)
    let payment = Payment(
        clock: clock,
        callbacks: (
            desk,
            CallbackLine(url: configuration.apiURL + "/callbacks/payments", secrets: configuration.paymentSecrets)
        ))
    let fromBank = CallbackLine(url: configuration.apiURL + "/callbacks/payouts", secrets: configuration.bankSecrets)
    let bank = Bank(clock: clock, callbacks: (desk, fromBank))
    let payers = try BankTransfers(desk: desk, line: fromBank).worker(outside)
    let people = People(
        desk: desk,
        line: CallbackLine(
            url: configuration.apiURL + "/callbacks/identity", secrets: configuration.identitySecrets),
        now: systemTime)
    return Application(
        router: buildSandboxRouter(identity: identity, clock: clock, payment: payment, bank: bank, people: people),
        configuration: ApplicationConfiguration(
            address: .hostname(configuration.host, port: configuration.port), serverName: "wallet-sandbox"),
        services: [verification, payers, desk], logger: logger)
}
