// The only file that imports CLibPQ, and no C pointer leaves it: a session of libpq, a result, a cancellation and the
// reader of connection strings, with a Swift face.

import CLibPQ

/// What libpq wants to wait for while it connects.
enum ConnectProgress {
    case wantsRead, wantsWrite, connected, failed
}

/// What a result of libpq stands for.
enum ResultStatus {
    case rows, failed, pipelineSynced, pipelineAborted, copyIn, copyOut, other
}

/// What came of asking for more of a COPY.
enum CopyProgress {
    case chunk([UInt8]), notYet, ended, failed
}

/// One session of libpq, ended when the handle goes. Every call is non-blocking, except that starting one resolves
/// host names.
// Safe to use: the pointer is private, set once, and ended by deinit alone; libpq takes nil, which it may be,
// everywhere.
@safe
struct ConnectionHandle: ~Copyable {
    private let connection: OpaquePointer?
    let notices: NoticeReceiver

    /// Begins to connect; `advance` goes on with it.
    init(keywords: [(name: String, value: String)]) {
        notices = NoticeReceiver()
        unsafe connection = unsafe withCStrings(keywords.map(\.name)) { names in
            unsafe withCStrings(keywords.map(\.value)) { values in unsafe PQconnectStartParams(names, values, 0) }
        }
        // Terse: libpq's own messages leave out the server's detail, which may quote data.
        _ = unsafe PQsetErrorVerbosity(connection, PQERRORS_TERSE)
        // The receiver lives as long as this handle, and libpq calls it only inside calls made through the handle.
        // A result remembers it too, but would use it only for an index out of range, which ResultHandle refuses.
        let context = unsafe Unmanaged.passUnretained(notices).toOpaque()
        _ = unsafe PQsetNoticeReceiver(
            connection,
            { context, result in
                guard let context = unsafe context else { return }
                let receiver = unsafe Unmanaged<NoticeReceiver>.fromOpaque(context).takeUnretainedValue()
                unsafe receiver.receive(ErrorFields(reading: result))
            }, context)
    }

    deinit { unsafe PQfinish(connection) }

    // MARK: Connecting

    func advance() -> ConnectProgress {
        switch unsafe PQconnectPoll(connection) {
        case PGRES_POLLING_OK: .connected
        case PGRES_POLLING_READING: .wantsRead
        case PGRES_POLLING_WRITING: .wantsWrite
        default: .failed
        }
    }

    var socket: Int32 { unsafe PQsocket(connection) }
    var isBad: Bool { unsafe PQstatus(connection) == CONNECTION_BAD }
    var backendProcessID: Int32 { unsafe PQbackendPID(connection) }
    var errorMessage: String { unsafe oneLine(PQerrorMessage(connection)) ?? "no reason was given" }

    func parameterStatus(_ name: String) -> String? {
        unsafe PQparameterStatus(connection, name).map { unsafe String(cString: $0) }
    }

    var transactionStatus: PostgresTransactionStatus {
        switch unsafe PQtransactionStatus(connection) {
        case PQTRANS_IDLE: .idle
        case PQTRANS_ACTIVE: .active
        case PQTRANS_INTRANS: .inTransaction
        case PQTRANS_INERROR: .failed
        default: .unknown
        }
    }

    func cancellation() -> CancelHandle? {
        unsafe PQgetCancel(connection).map { unsafe CancelHandle($0) }
    }

    // MARK: Sending

    func setNonBlocking() -> Bool { unsafe PQsetnonblocking(connection, 1) == 0 }
    func enterPipeline() -> Bool { unsafe PQenterPipelineMode(connection) == 1 }
    func exitPipeline() -> Bool { unsafe PQexitPipelineMode(connection) == 1 }
    func sendSync() -> Bool { unsafe PQpipelineSync(connection) == 1 }
    func sendScript(_ sql: String) -> Bool { unsafe PQsendQuery(connection, sql) == 1 }
    func sendPrepare(_ name: String, _ sql: String) -> Bool {
        unsafe PQsendPrepare(connection, name, sql, 0, nil) == 1
    }
    func sendDescribe(_ name: String) -> Bool { unsafe PQsendDescribePrepared(connection, name) == 1 }

    /// Sends a prepared statement, or, when `name` is nil, `sql` as the unnamed one.
    ///
    /// The caller has checked that the parameters fit the protocol (`PostgresParameters.misfit`).
    func send(_ name: String?, _ sql: String, _ parameters: PostgresParameters) -> Bool {
        let count = parameters.count
        return unsafe withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count) { values in
            unsafe parameters.bytes.withUnsafeBytes { bytes in
                for index in 0..<count {
                    let offset = parameters.offsets[index]
                    // Offsets point into `bytes`, which stay put for the call; an empty value still needs an address
                    // of its own, because nil means null: the builder ends with a zero byte for that.
                    unsafe values[index] =
                        offset < 0 ? nil : (bytes.baseAddress! + offset).assumingMemoryBound(to: CChar.self)
                }
                return unsafe withDescriptors(of: parameters) { types, lengths, formats in
                    if let name {
                        return unsafe PQsendQueryPrepared(
                            connection, name, Int32(count), values.baseAddress, lengths, formats, 1) == 1
                    }
                    return unsafe PQsendQueryParams(
                        connection, sql, Int32(count), types, values.baseAddress, lengths, formats, 1) == 1
                }
            }
        }
    }

    private func withDescriptors(
        of parameters: PostgresParameters,
        _ body: (UnsafePointer<UInt32>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Bool
    ) -> Bool {
        unsafe parameters.declaredTypes.withUnsafeBufferPointer { types in
            unsafe parameters.lengths.withUnsafeBufferPointer { lengths in
                unsafe parameters.formats.withUnsafeBufferPointer { formats in
                    unsafe body(types.baseAddress, lengths.baseAddress, formats.baseAddress)
                }
            }
        }
    }

    /// - Returns: true while some of what was sent is still in libpq's buffer, nil when the session is lost.
    func flush() -> Bool? {
        switch unsafe PQflush(connection) {
        case 0: false
        case 1: true
        default: nil
        }
    }

    // MARK: Receiving

    func consumeInput() -> Bool { unsafe PQconsumeInput(connection) == 1 }
    var isBusy: Bool { unsafe PQisBusy(connection) == 1 }
    func nextResult() -> ResultHandle? { unsafe PQgetResult(connection).map { unsafe ResultHandle($0) } }

    // MARK: COPY

    func copyOutNext() -> CopyProgress {
        var buffer: UnsafeMutablePointer<CChar>?
        let length = unsafe PQgetCopyData(connection, &buffer, 1)
        guard let chunk = unsafe buffer else { return length == 0 ? .notYet : length == -1 ? .ended : .failed }
        // libpq made the buffer for us, `length` > 0 bytes long, and wants it back.
        defer { unsafe PQfreemem(chunk) }
        return .chunk(unsafe [UInt8](UnsafeRawBufferPointer(start: chunk, count: Int(length))))
    }

    /// At most this much goes to `copyIn` at a time: libpq counts in 31 bits, its own header included.
    static let copyChunkBytesMax = 1 << 24

    /// - Returns: false when the session is lost or no COPY is going on; nil when libpq has no room yet.
    func copyIn(_ chunk: ArraySlice<UInt8>) -> Bool? {
        precondition(chunk.count <= Self.copyChunkBytesMax)
        let answer = unsafe chunk.withUnsafeBytes { bytes in
            // libpq copies the bytes before it returns.
            unsafe PQputCopyData(
                connection, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
        }
        return answer == 0 ? nil : answer == 1
    }

    /// Completes the COPY; answers as `copyIn` does.
    func endCopyIn() -> Bool? {
        let answer = unsafe PQputCopyEnd(connection, nil)
        return answer == 0 ? nil : answer == 1
    }
}

/// A result of libpq, cleared when the handle goes. Rows and columns are checked here: libpq would only warn.
// libpq's manual ("Behavior in Threaded Programs"): results are read-only after creation and may be passed around
// freely between threads. The pointer is set once, every call below only reads, and only deinit, which runs alone, ends
// it.
@safe
struct ResultHandle: ~Copyable, @unchecked Sendable {
    private let result: OpaquePointer
    let status: ResultStatus
    let rowCount: Int
    let columnCount: Int

    fileprivate init(_ result: OpaquePointer) {
        unsafe self.result = unsafe result
        rowCount = Int(unsafe PQntuples(result))
        columnCount = Int(unsafe PQnfields(result))
        status =
            switch unsafe PQresultStatus(result) {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: .rows
            case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE: .failed
            case PGRES_PIPELINE_SYNC: .pipelineSynced
            case PGRES_PIPELINE_ABORTED: .pipelineAborted
            case PGRES_COPY_IN: .copyIn
            case PGRES_COPY_OUT: .copyOut
            default: .other
            }
    }

    deinit { unsafe PQclear(result) }

    var error: ErrorFields { unsafe ErrorFields(reading: result) }
    // These three ask libpq for non-const pointers and do not write through them.
    var commandTag: String { unsafe String(cString: PQcmdStatus(result)) }
    var affectedRows: Int? { Int(unsafe String(cString: PQcmdTuples(result))) }
    var parameterTypes: [UInt32] {
        (0..<max(0, unsafe PQnparams(result))).map { unsafe PQparamtype(result, $0) }
    }

    func contains(row: Int, column: Int) -> Bool {
        row >= 0 && row < rowCount && column >= 0 && column < columnCount
    }

    func name(ofColumn column: Int) -> String? {
        guard column >= 0, column < columnCount else { return nil }
        return unsafe PQfname(result, Int32(column)).map { unsafe String(cString: $0) }
    }

    func type(ofColumn column: Int) -> UInt32 {
        guard column >= 0, column < columnCount else { return 0 }
        return unsafe PQftype(result, Int32(column))
    }

    /// The value's bytes as received; nil when it is null. The cell must exist.
    @inline(__always)
    func withValue<R>(row: Int, column: Int, _ body: (Span<UInt8>) -> R) -> R? {
        precondition(contains(row: row, column: column))
        let (row, column) = (Int32(row), Int32(column))
        guard unsafe PQgetisnull(result, row, column) == 0, let start = unsafe PQgetvalue(result, row, column) else {
            return nil
        }
        let length = Int(unsafe PQgetlength(result, row, column))
        // The bytes belong to the result, which is borrowed until `body` returns; a span cannot outlive that.
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: length).assumingMemoryBound(to: UInt8.self)
        return unsafe body(Span(_unsafeElements: bytes))
    }
}

/// The address and key with which to ask a server to cancel what a session does.
// libpq's manual: the structure is read-only after PQgetCancel, so PQcancel may run in any thread, several at a time.
@safe
final class CancelHandle: @unchecked Sendable {
    private let cancel: OpaquePointer

    fileprivate init(_ cancel: OpaquePointer) { unsafe self.cancel = unsafe cancel }

    deinit { unsafe PQfreeCancel(cancel) }

    /// Blocks while it connects. - Returns: why the request could not be handed over; nil when it was.
    func request() -> String? {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            unsafe buffer.initialize(repeating: 0)
            guard unsafe PQcancel(cancel, buffer.baseAddress, 256) == 0 else { return nil }
            return unsafe oneLine(buffer.baseAddress) ?? "no reason was given"
        }
    }
}

/// What the server says in an error or a notice.
struct ErrorFields: Sendable {
    let sqlState, severity, message, detail, schema, table, column, constraint: String?
    /// What was being carried out when it happened: a function, a trigger. Nil for the statement itself.
    let context: String?
    /// The name of the server's C function that speaks: messages are translated, this is not.
    let routine: String?

    fileprivate init(reading result: OpaquePointer?) {
        func field(_ code: Character) -> String? {
            guard let value = code.asciiValue else { return nil }
            return unsafe PQresultErrorField(result, Int32(value)).map { unsafe String(cString: $0) }
        }
        sqlState = field("C")
        severity = field("V") ?? field("S")
        // Errors libpq makes itself have no fields, only a message.
        message = unsafe field("M") ?? oneLine(PQresultErrorMessage(result))
        detail = field("D")
        schema = field("s")
        table = field("t")
        column = field("c")
        constraint = field("n")
        context = field("W")
        routine = field("R")
    }
}

/// Reads a connection string the way libpq does; nil when it is not one. What is wrong with it is not told, since
/// libpq would quote the part, which may be a password.
func parseConnectionString(_ url: String) -> [(name: String, value: String)]? {
    guard isCString(url), let options = unsafe PQconninfoParse(url, nil) else { return nil }
    // The array ends with an entry without a keyword, and is ours to free.
    defer { unsafe PQconninfoFree(options) }
    var settings: [(name: String, value: String)] = []
    var entry = unsafe options
    while let keyword = unsafe entry.pointee.keyword {
        if let value = unsafe entry.pointee.val {
            settings.append(unsafe (String(cString: keyword), String(cString: value)))
        }
        unsafe entry += 1
    }
    return settings
}

/// False for a text that C would take for a shorter one.
func isCString(_ text: String) -> Bool { !text.utf8.contains(0) }

/// The strings as a C array that ends with nil, for as long as the call.
private func withCStrings<R>(_ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> R) -> R {
    var bytes: [CChar] = []
    let offsets = strings.map { string in
        defer { bytes += string.utf8.map { CChar(bitPattern: $0) } + [0] }
        return bytes.count
    }
    return unsafe bytes.withUnsafeBufferPointer { bytes in
        unsafe withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: strings.count + 1) { pointers in
            for (index, offset) in offsets.enumerated() {
                // Each offset is the start of a zero-ended string in `bytes`, which stays put for the call.
                unsafe pointers[index] = bytes.baseAddress! + offset
            }
            unsafe pointers[strings.count] = nil
            return unsafe body(UnsafePointer(pointers.baseAddress))
        }
    }
}

/// A message of libpq as one line; nil when it is empty.
private func oneLine(_ message: UnsafePointer<CChar>?) -> String? {
    guard let message = unsafe message else { return nil }
    let words = unsafe String(cString: message).split(whereSeparator: \.isWhitespace)
    return words.isEmpty ? nil : words.joined(separator: " ")
}
