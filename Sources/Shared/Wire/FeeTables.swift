// The fee tables as an operator writes them down.

public import Domain

extension FeeSchedule {
    public static let tablesMax = 100
    /// The most that a flat fee may be, in minor units.
    public static let flatMax: Int64 = 1_000_000_00
    /// The most that a fee may be of an amount, in hundredths of a percent: all of it.
    public static let basisPointsMax: Int64 = 10_000

    /// Reads `{"fee_tables":[{"version","valid_from","free_transfers_per_month","transfer_flat","payment_basis_points",
    /// "negotiated_payment_basis_points","card_top_up_basis_points","mobile_top_up_basis_points",
    /// "express_withdrawal_flat"}…]}`.
    ///
    /// Versions and start dates rise from table to table: an outcome tells the version that was applied, and no number
    /// may come to mean something else.
    /// - Throws: the first field that is wrong.
    public init(json bytes: [UInt8]) throws(FieldError) {
        var root = try FieldReader(body: bytes)
        guard let elements = try root.required("fee_tables").elements, 1...Self.tablesMax ~= elements.count else {
            throw root.malformed("fee_tables")
        }
        try root.finish()
        var tables: [FeeTable] = []
        for (index, element) in elements.enumerated() {
            var fields = try FieldReader(element, path: "fee_tables[\(index)]")
            let table = try FeeTable(&fields)
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

extension FeeTable {
    fileprivate init(_ fields: inout FieldReader) throws(FieldError) {
        guard let text = try fields.required("valid_from").text, let validFrom = Timestamp(rfc3339: text) else {
            throw fields.malformed("valid_from")
        }
        func flat(_ name: String) throws(FieldError) -> Int64 { try fields.number(name, in: 0...FeeSchedule.flatMax) }
        func share(_ name: String) throws(FieldError) -> Int64 {
            try fields.number(name, in: 0...FeeSchedule.basisPointsMax)
        }
        self.init(
            version: Int16(try fields.number("version", in: 1...Int64(Int16.max))), validFrom: validFrom,
            freeTransfersPerMonth: Int32(try fields.number("free_transfers_per_month", in: 0...1_000_000)),
            // A transfer without a fee is one of the free places: whoever wants all of them free gives enough of these.
            transferFlat: try fields.number("transfer_flat", in: 1...FeeSchedule.flatMax),
            paymentBasisPoints: try share("payment_basis_points"),
            negotiatedPaymentBasisPoints: try share("negotiated_payment_basis_points"),
            cardTopUpBasisPoints: try share("card_top_up_basis_points"),
            mobileTopUpBasisPoints: try share("mobile_top_up_basis_points"),
            expressWithdrawalFlat: try flat("express_withdrawal_flat"))
    }
}

extension FieldReader {
    fileprivate mutating func number(_ name: String, in range: ClosedRange<Int64>) throws(FieldError) -> Int64 {
        guard let number = try required(name).integer, range.contains(number) else { throw malformed(name) }
        return number
    }
}
