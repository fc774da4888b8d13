// The limit tables as an operator writes them down.

public import Domain

extension LimitSchedule {
    public static let tablesMax = 100
    /// The most that a limit may be, in minor units: a hundred times the largest amount.
    public static let limitMax: Int64 = 1_000_000_000_000_000

    /// Reads `{"limit_tables":[{"version","valid_from","level_1":{"daily","monthly"},"level_2":{…},"level_3":{…}}…]}`,
    /// the figures in centimes; of level 3 alone one may be null, for none.
    ///
    /// Versions and start dates rise from table to table: an outcome tells the version that was applied, and no number
    /// may come to mean something else.
    /// - Throws: the first field that is wrong.
    public init(json bytes: [UInt8]) throws(FieldError) {
        var root = try FieldReader(body: bytes)
        guard let elements = try root.required("limit_tables").elements, 1...Self.tablesMax ~= elements.count else {
            throw root.malformed("limit_tables")
        }
        try root.finish()
        var tables: [LimitTable] = []
        for (index, element) in elements.enumerated() {
            var fields = try FieldReader(element, path: "limit_tables[\(index)]")
            let table = try LimitTable(&fields, path: "limit_tables[\(index)]")
            try fields.finish()
            if let last = tables.last {
                guard last.version < table.version else { throw fields.malformed("version") }
                guard last.validFrom < table.validFrom else { throw fields.malformed("valid_from") }
            }
            tables.append(table)
        }
        self.init(first: tables[0], later: Array(tables.dropFirst()))
    }
}

extension LimitTable {
    fileprivate init(_ fields: inout FieldReader, path: String) throws(FieldError) {
        guard let version = try fields.required("version").integer, 1...Int64(Int16.max) ~= version else {
            throw fields.malformed("version")
        }
        guard let text = try fields.required("valid_from").text, let validFrom = Timestamp(rfc3339: text) else {
            throw fields.malformed("valid_from")
        }
        self.init(
            version: Int16(version), validFrom: validFrom,
            levelOne: try Figures(fields.required("level_1"), path: "\(path).level_1", mayBeNone: false),
            levelTwo: try Figures(fields.required("level_2"), path: "\(path).level_2", mayBeNone: false),
            levelThree: try Figures(fields.required("level_3"), path: "\(path).level_3", mayBeNone: true))
    }
}

extension LimitTable.Figures {
    fileprivate init(_ value: JSON, path: String, mayBeNone: Bool) throws(FieldError) {
        var fields = try FieldReader(value, path: path)
        func limit(_ name: String) throws(FieldError) -> Int64? {
            let value = try fields.required(name)
            if mayBeNone, case .null = value { return nil }
            guard let number = value.integer, 0...LimitSchedule.limitMax ~= number else {
                throw fields.malformed(name)
            }
            return number
        }
        self.init(daily: try limit("daily"), monthly: try limit("monthly"))
        try fields.finish()
    }
}
