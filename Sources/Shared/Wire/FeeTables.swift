// The fee tables as an operator writes them down.

public import Domain

extension TableSchedule<FeeTable> {
    /// The most that a flat fee may be, in minor units.
    public static var flatMax: Int64 { 1_000_000_00 }
    /// The most that a fee may be of an amount, in hundredths of a percent: all of it.
    public static var basisPointsMax: Int64 { 10_000 }

    /// Reads `{"fee_tables":[{"version","valid_from","free_transfers_per_month","transfer_flat","payment_basis_points",
    /// "negotiated_payment_basis_points","card_top_up_basis_points","mobile_top_up_basis_points",
    /// "express_withdrawal_flat"}…]}`.
    ///
    /// - Throws: the first field that is wrong.
    public init(json bytes: [UInt8]) throws(FieldError) {
        try self.init(json: bytes, "fee_tables") { fields, path throws(FieldError) in try FeeTable(&fields) }
    }
}

extension FeeTable {
    fileprivate init(_ fields: inout FieldReader) throws(FieldError) {
        func flat(_ name: String) throws(FieldError) -> Int64 { try fields.number(name, in: 0...FeeSchedule.flatMax) }
        func share(_ name: String) throws(FieldError) -> Int64 {
            try fields.number(name, in: 0...FeeSchedule.basisPointsMax)
        }
        self.init(
            version: try fields.version(), validFrom: try fields.validFrom(),
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
