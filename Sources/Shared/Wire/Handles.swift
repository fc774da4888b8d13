// The names other than a wallet's id by which a payee is found: phone number, e-mail address, user name, each in one form.

public import Domain

/// What a person goes by, in the one form in which it is kept, compared and looked up.
public struct Handle: Sendable, Hashable {
    /// The numbers are those of the database.
    public enum Kind: Int16, Sendable, Hashable, CaseIterable {
        case phone = 1
        case email = 2
        case username = 3

        /// As a field is called.
        public var name: String {
            switch self {
            case .phone: "phone"
            case .email: "email"
            case .username: "username"
            }
        }
    }

    /// With the country code; the longest number has 15 digits (ITU-T E.164 §6), the shortest in use have 7.
    public static let phoneDigits = 7...15
    /// RFC 5321 §4.5.3.1, the angle brackets not counted.
    public static let emailBytesMax = 254
    public static let emailLocalBytesMax = 64
    public static let emailLabelBytesMax = 63
    public static let usernameBytes = 3...32

    public let kind: Kind
    public let value: String

    /// Reads what somebody wrote; capital letters count as small ones.
    ///
    /// - Returns: nil for what is not of its kind's form: nothing is guessed, cut off or filled in.
    public init?(_ kind: Kind, _ text: String) {
        // No form has more bytes than an address; what is longer is not looked at.
        guard text.utf8.count <= Self.emailBytesMax else { return nil }
        let bytes = text.utf8.map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? $0 | 0x20 : $0 }
        let isRight =
            switch kind {
            case .phone: Self.isPhone(bytes)
            case .email: Self.isEmail(bytes)
            case .username: Self.isUsername(bytes)
            }
        guard isRight else { return nil }
        self.kind = kind
        value = String(decoding: bytes, as: UTF8.self)
    }

    /// `+`, the country code, the number: digits and nothing between them (ITU-T E.164; RFC 3966 §5.1.4 says how it is
    /// written).
    private static func isPhone(_ bytes: [UInt8]) -> Bool {
        guard bytes.first == UInt8(ascii: "+"), phoneDigits ~= bytes.count - 1, bytes[1] != UInt8(ascii: "0") else {
            return false
        }
        return bytes.dropFirst().allSatisfy(isDigit)
    }

    /// A dot-atom, `@`, and a host name of two labels or more (RFC 5322 §3.4.1, RFC 1123 §2.1). Quoted local parts,
    /// comments, addresses of machines and other scripts than Latin are not taken.
    private static func isEmail(_ bytes: [UInt8]) -> Bool {
        let parts = bytes.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard parts.count == 2, 1...emailLocalBytesMax ~= parts[0].count else { return false }
        let atoms = parts[0].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard atoms.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isAtomText) }) else { return false }
        let labels = parts[1].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return labels.count >= 2
            && labels.allSatisfy { label in
                1...emailLabelBytesMax ~= label.count && label.first != UInt8(ascii: "-")
                    && label.last != UInt8(ascii: "-")
                    && label.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
            }
    }

    private static func isUsername(_ bytes: [UInt8]) -> Bool {
        usernameBytes ~= bytes.count
            && bytes.allSatisfy { isLetter($0) || isDigit($0) || "._-".utf8.contains($0) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
    private static func isLetter(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte }

    private static func isAtomText(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
    }
}

extension Handle: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The kind: the rest is personal.
    public var description: String { "\(kind.name) ‹redacted›" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Whom a client wants to pay, as it said so.
public enum Payee: Sendable, Hashable {
    case wallet(WalletID)
    /// Whoever goes by it when the command is taken.
    case handle(Handle)

    /// Reads `{"wallet"}`, `{"phone"}`, `{"email"}` or `{"username"}`: one of them and nothing else.
    public init(_ fields: inout FieldReader, _ name: String) throws(FieldError) {
        var payee = try FieldReader(fields.required(name), path: fields.field(name))
        self = try Self.read(&payee)
        // A second one is a field that nobody asked for.
        try payee.finish()
    }

    private static func read(_ payee: inout FieldReader) throws(FieldError) -> Payee {
        for kind in Handle.Kind.allCases where !payee.has("wallet") && payee.has(kind.name) {
            guard let text = try payee.required(kind.name).text, let handle = Handle(kind, text) else {
                throw payee.malformed(kind.name)
            }
            return .handle(handle)
        }
        return .wallet(try payee.identifier("wallet", of: WalletKind.self))
    }
}

/// A payee of a command that has to be looked up before it is signed.
public struct PayeeLookup: Sendable, Hashable {
    public let handle: Handle
    /// Of the amount: the payee's wallet has the same.
    public let currency: Currency

    public init(_ handle: Handle, _ currency: Currency) {
        self.handle = handle
        self.currency = currency
    }
}

/// The payees of one body against what its publisher found for them, in the order of the body.
struct PayeesFound {
    private let found: [WalletID?]?
    private var next = 0

    init(_ resolved: Resolved) { found = resolved.payees }

    /// The wallet of the body's next payee; nil when the publisher found nobody.
    ///
    /// - Throws: `MALFORMED` with the field `resolved` when it was not looked up.
    mutating func wallet(of payee: Payee) throws(FieldError) -> WalletID? {
        switch payee {
        case .wallet(let id): return id
        case .handle:
            guard let found, next < found.count else { throw FieldError(.malformed, field: "resolved") }
            defer { next += 1 }
            return found[next]
        }
    }

    /// - Throws: when more was looked up than the body asks for.
    func finish() throws(FieldError) {
        guard next == found?.count ?? 0 else { throw FieldError(.malformed, field: "resolved") }
    }
}
