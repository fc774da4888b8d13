// Tables of figures as an operator writes them down: what fees and limits have in common.

import Domain

extension TableSchedule {
    static var tablesMax: Int { 100 }

    /// Reads `{name:[{"version","valid_from",…}…]}`.
    ///
    /// Versions and start dates rise from table to table: an outcome tells the version that was applied, and no number
    /// may come to mean something else.
    /// - Throws: the first field that is wrong.
    init(
        json bytes: [UInt8], _ name: String,
        reading read: (inout FieldReader, _ path: String) throws(FieldError) -> Table
    ) throws(FieldError) {
        var root = try FieldReader(body: bytes)
        guard let elements = try root.required(name).elements, 1...Self.tablesMax ~= elements.count else {
            throw root.malformed(name)
        }
        try root.finish()
        var tables: [Table] = []
        for (index, element) in elements.enumerated() {
            let path = "\(name)[\(index)]"
            var fields = try FieldReader(element, path: path)
            let table = try read(&fields, path)
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

extension FieldReader {
    mutating func version() throws(FieldError) -> Int16 { Int16(try number("version", in: 1...Int64(Int16.max))) }

    mutating func validFrom() throws(FieldError) -> Timestamp {
        guard let text = try required("valid_from").text, let time = Timestamp(rfc3339: text) else {
            throw malformed("valid_from")
        }
        return time
    }

    mutating func number(_ name: String, in range: ClosedRange<Int64>) throws(FieldError) -> Int64 {
        guard let number = try required(name).integer, range.contains(number) else { throw malformed(name) }
        return number
    }
}
