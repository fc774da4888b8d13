// The limit tables as an operator writes them down.

public import Domain

extension TableSchedule<LimitTable> {
    /// The most that a limit may be, in minor units: a hundred times the largest amount.
    public static var limitMax: Int64 { 1_000_000_000_000_000 }

    /// Reads `{"limit_tables":[{"version","valid_from","level_1":{"daily","monthly"},"level_2":{…},"level_3":{…}}…]}`,
    /// the figures in centimes; of level 3 alone one may be null, for none.
    ///
    /// - Throws: the first field that is wrong.
    public init(json bytes: [UInt8]) throws(FieldError) {
        try self.init(json: bytes, "limit_tables") { fields, path throws(FieldError) in
            try LimitTable(&fields, path: path)
        }
    }
}

extension LimitTable {
    fileprivate init(_ fields: inout FieldReader, path: String) throws(FieldError) {
        self.init(
            version: try fields.version(), validFrom: try fields.validFrom(),
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
