// Array parameters, in the layout of array_recv in PostgreSQL's src/backend/utils/adt/arrayfuncs.c: dimensions, whether
// there are nulls, the elements' type, length and lower bound, then each element as length and bytes, all big-endian.

extension PostgresParameters {
    // Inlinable, so that a lazy map over the caller's own records is compiled into the loop that writes the bytes.

    @inlinable
    public mutating func appendInt2Array(_ values: some Collection<Int16>) {
        append(integers: values, of: .int2, as: .int2Array) { $0 }
    }

    @inlinable
    public mutating func appendInt2Array(_ values: some Collection<Int16?>) {
        append(nullable: values, of: .int2, as: .int2Array) { $0 }
    }

    @inlinable
    public mutating func appendInt4Array(_ values: some Collection<Int32>) {
        append(integers: values, of: .int4, as: .int4Array) { $0 }
    }

    @inlinable
    public mutating func appendInt4Array(_ values: some Collection<Int32?>) {
        append(nullable: values, of: .int4, as: .int4Array) { $0 }
    }

    @inlinable
    public mutating func appendInt8Array(_ values: some Collection<Int64>) {
        append(integers: values, of: .int8, as: .int8Array) { $0 }
    }

    @inlinable
    public mutating func appendInt8Array(_ values: some Collection<Int64?>) {
        append(nullable: values, of: .int8, as: .int8Array) { $0 }
    }

    @inlinable
    public mutating func appendDoubleArray(_ values: some Collection<Double>) {
        append(integers: values, of: .float8, as: .float8Array) { $0.bitPattern }
    }

    @inlinable
    public mutating func appendDoubleArray(_ values: some Collection<Double?>) {
        append(nullable: values, of: .float8, as: .float8Array) { $0.bitPattern }
    }

    @inlinable
    public mutating func appendBoolArray(_ values: some Collection<Bool>) {
        append(integers: values, of: .bool, as: .boolArray) { $0 ? 1 as UInt8 : 0 }
    }

    @inlinable
    public mutating func appendBoolArray(_ values: some Collection<Bool?>) {
        append(nullable: values, of: .bool, as: .boolArray) { $0 ? 1 as UInt8 : 0 }
    }

    /// - Parameter values: microseconds since 1970-01-01 UTC; `Int64.max` and `.min` are the server's ±infinity.
    @inlinable
    public mutating func appendTimestampArray(_ values: some Collection<Int64>) {
        append(integers: values, of: .timestamptz, as: .timestamptzArray) { Timestamp.wire($0) }
    }

    /// - Parameter values: microseconds since 1970-01-01 UTC; `Int64.max` and `.min` are the server's ±infinity.
    @inlinable
    public mutating func appendTimestampArray(_ values: some Collection<Int64?>) {
        append(nullable: values, of: .timestamptz, as: .timestamptzArray) { Timestamp.wire($0) }
    }

    @inlinable
    public mutating func appendUUIDArray(_ values: some Collection<PostgresUUID>) {
        let start = beginArray(of: .uuid, count: values.count)
        var at = bytes.count
        grow(by: values.count * 20)
        var span = bytes.mutableSpan
        for value in values {
            span.store(Int32(16), at: at)
            span.store(value.high, at: at + 4)
            span.store(value.low, at: at + 12)
            at += 20
        }
        end(.uuidArray, from: start)
    }

    @inlinable
    public mutating func appendUUIDArray(_ values: some Collection<PostgresUUID?>) {
        let start = beginArray(of: .uuid, count: values.count)
        var at = bytes.count
        var hasNull = false
        grow(by: values.count * 20)
        var span = bytes.mutableSpan
        for value in values {
            guard let value else {
                span.store(Int32(-1), at: at)
                at += 4
                hasNull = true
                continue
            }
            span.store(Int32(16), at: at)
            span.store(value.high, at: at + 4)
            span.store(value.low, at: at + 12)
            at += 20
        }
        bytes.removeLast(bytes.count - at)
        if hasNull { markNulls(from: start) }
        end(.uuidArray, from: start)
    }

    /// A text element that holds a zero byte is refused by the server (22021), with the whole statement.
    @inlinable
    public mutating func appendTextArray(_ values: some Collection<String>) {
        let start = beginArray(of: .text, count: values.count)
        for value in values { appendElement(value.utf8) }
        end(.textArray, from: start)
    }

    /// A text element that holds a zero byte is refused by the server (22021), with the whole statement.
    @inlinable
    public mutating func appendTextArray(_ values: some Collection<String?>) {
        let start = beginArray(of: .text, count: values.count)
        for value in values {
            if let value { appendElement(value.utf8) } else { appendNullElement(from: start) }
        }
        end(.textArray, from: start)
    }

    @inlinable
    public mutating func appendByteaArray(_ values: some Collection<[UInt8]>) {
        let start = beginArray(of: .bytea, count: values.count)
        for value in values { appendElement(value) }
        end(.byteaArray, from: start)
    }

    @inlinable
    public mutating func appendByteaArray(_ values: some Collection<[UInt8]?>) {
        let start = beginArray(of: .bytea, count: values.count)
        for value in values {
            if let value { appendElement(value) } else { appendNullElement(from: start) }
        }
        end(.byteaArray, from: start)
    }

    // MARK: Elements of one width

    @inlinable
    mutating func append<Value, Wire: FixedWidthInteger & BitwiseCopyable>(
        integers values: some Collection<Value>, of element: TypeID, as type: TypeID, _ wire: (Value) -> Wire
    ) {
        let start = beginArray(of: element, count: values.count)
        let width = MemoryLayout<Wire>.size
        var at = bytes.count
        grow(by: values.count * (4 + width))
        var span = bytes.mutableSpan
        for value in values {
            span.store(Int32(width), at: at)
            span.store(wire(value), at: at + 4)
            at += 4 + width
        }
        end(type, from: start)
    }

    /// Room is made for every element and what the nulls did not need is given back: the collection is read once.
    @inlinable
    mutating func append<Value, Wire: FixedWidthInteger & BitwiseCopyable>(
        nullable values: some Collection<Value?>, of element: TypeID, as type: TypeID, _ wire: (Value) -> Wire
    ) {
        let start = beginArray(of: element, count: values.count)
        let width = MemoryLayout<Wire>.size
        var at = bytes.count
        var hasNull = false
        grow(by: values.count * (4 + width))
        var span = bytes.mutableSpan
        for value in values {
            guard let value else {
                span.store(Int32(-1), at: at)
                at += 4
                hasNull = true
                continue
            }
            span.store(Int32(width), at: at)
            span.store(wire(value), at: at + 4)
            at += 4 + width
        }
        bytes.removeLast(bytes.count - at)
        if hasNull { markNulls(from: start) }
        end(type, from: start)
    }

    // MARK: Parts

    /// Writes the header; one without elements has no dimension. - Returns: where the array starts.
    @usableFromInline
    mutating func beginArray(of element: TypeID, count: Int) -> Int {
        let start = bytes.count
        grow(by: count == 0 ? 12 : 20)
        var span = bytes.mutableSpan
        span.store(Int32(count == 0 ? 0 : 1), at: start)
        span.store(element.rawValue, at: start + 8)
        if count > 0 {
            span.store(Int32(clamping: count), at: start + 12)
            span.store(Int32(1), at: start + 16)
        }
        return start
    }

    @usableFromInline
    mutating func markNulls(from start: Int) {
        bytes[start + 7] = 1
    }

    @inlinable
    mutating func appendElement(_ value: some Collection<UInt8>) {
        let length = Int32(clamping: value.count)
        bytes.append(UInt8(truncatingIfNeeded: length >> 24))
        bytes.append(UInt8(truncatingIfNeeded: length >> 16))
        bytes.append(UInt8(truncatingIfNeeded: length >> 8))
        bytes.append(UInt8(truncatingIfNeeded: length))
        bytes.append(contentsOf: value)
    }

    @usableFromInline
    mutating func appendNullElement(from start: Int) {
        markNulls(from: start)
        bytes.append(contentsOf: repeatElement(0xFF, count: 4))
    }
}

extension MutableSpan where Element == UInt8 {
    /// Big-endian, as everything on the wire; the offset is checked.
    @inlinable
    mutating func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at offset: Int) {
        // Raw bytes are unsafe for elements with invalid bit patterns; a UInt8 has none.
        var raw = unsafe mutableBytes
        raw.storeBytes(of: value.bigEndian, toByteOffset: offset, as: T.self)
    }
}
