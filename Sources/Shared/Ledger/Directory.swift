// The directory of people: what `identity` says of them is written here, and payees are found in it.

public import Domain
public import Postgres
public import Wire

/// What `identity` says of a person as of a time.
public struct PersonReport: Sendable, Equatable {
    /// What a person is called and goes by.
    public struct Profile: Sendable, Equatable {
        public let name: String
        public let phone: Handle?
        public let email: Handle?
        public let username: Handle?

        public init(name: String, phone: Handle?, email: Handle?, username: Handle?) {
            self.name = name
            self.phone = phone
            self.email = email
            self.username = username
        }
    }

    public let person: OwnerID
    /// Since when it is so.
    public let at: Timestamp
    /// Nil for somebody who is gone.
    public let profile: Profile?

    public init(person: OwnerID, at: Timestamp, profile: Profile?) {
        self.person = person
        self.at = at
        self.profile = profile
    }
}

/// Writes the directory in the role `wallet_directory`, which can do nothing else.
public struct DirectoryDesk: Sendable {
    public static let sessionSettings: [(String, String)] = [("jit", "off"), ("statement_timeout", "1800ms")]

    private let pool: PostgresPool

    public init(_ pool: PostgresPool) { self.pool = pool }

    /// Takes in a report. Reports may come again and in any order: the latest of them counts.
    ///
    /// - Returns: whether it was news of the person.
    public func learn(_ report: PersonReport) async throws(PostgresError) -> Bool {
        var parameters = PostgresParameters()
        parameters.append(uuid: report.person.uuid)
        parameters.append(timestamptz: report.at.microseconds)
        parameters.append(bool: report.profile == nil)
        parameters.append(text: report.profile?.name)
        parameters.append(text: report.profile?.phone?.value)
        parameters.append(text: report.profile?.email?.value)
        parameters.append(text: report.profile?.username?.value)
        return try await pool.query(Self.learn, parameters).bool(0, 0)
    }

    private static let learn = PostgresStatement(name: "learn", sql: text(PackageResources.learn_sql))
}

/// Somebody who was found by what they go by.
public struct PayeeFound: Sendable, Equatable {
    /// The person's root wallet in the currency that was asked for.
    public let wallet: WalletID
    public let name: String?
}

extension LedgerReader {
    private static let findPayees = statement("find_payees", PackageResources.find_payees_sql)
    private static let findPersonName = statement("find_person_name", PackageResources.find_person_name_sql)

    /// Who is found, one for each look-up: nil alike for a handle that nobody goes by and for somebody without a wallet.
    public func payees(_ lookups: [PayeeLookup]) async throws(PostgresError) -> [PayeeFound?] {
        var parameters = PostgresParameters()
        parameters.appendInt2Array(lookups.map(\.handle.kind.rawValue))
        parameters.appendTextArray(lookups.map(\.handle.value))
        parameters.appendInt2Array(lookups.map(\.currency.rawValue))
        let rows = try await pool.query(Self.findPayees, parameters)
        var found = [PayeeFound?](repeating: nil, count: lookups.count)
        for row in 0..<rows.count {
            found[Int(try rows.int4(row, 0)) - 1] = PayeeFound(
                wallet: try rows.identifier(row, 1, of: WalletKind.self), name: try rows.optionalText(row, 2))
        }
        return found
    }

    /// What a person is called, by the word of `identity`.
    public func name(of person: OwnerID) async throws(PostgresError) -> String? {
        var parameters = PostgresParameters()
        parameters.append(uuid: person.uuid)
        let rows = try await pool.query(Self.findPersonName, parameters)
        return rows.count == 0 ? nil : try rows.text(0, 0)
    }
}
