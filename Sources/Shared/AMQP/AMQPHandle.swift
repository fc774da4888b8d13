// The only file that imports CRabbitMQ. Pointers do not leave it: what arrives is copied out, what goes is copied in.

import CRabbitMQ

/// One `amqp_connection_state_t` and a pool for encoding, freed together.
///
/// `@safe`: both pointers are made in init, never change, are used by one owner (the type cannot be copied), and are
/// freed in deinit only.
@safe
struct AMQPHandle: ~Copyable {
    private let state: amqp_connection_state_t
    private var pool = EncodingPool()
    private var exchange = LastText()
    private var routingKey = LastText()
    private var consumerTag = LastText()

    /// The largest frame either side sends, in bytes.
    private(set) var frameBytesMax = 65_536

    /// Opens the connection and, with TLS, shakes hands; says nothing of AMQP yet.
    init(host: String, port: UInt16, tls: AMQPTLS?, timeoutSeconds: Int) throws(AMQPError) {
        // Checked; `amqp_destroy_connection` frees the socket with the connection, and nobody else holds it before the
        // last line.
        guard let state = unsafe amqp_new_connection() else { throw .connectFailed("out of memory") }
        do throws(AMQPError) {
            let seconds = Int32(clamping: max(0, timeoutSeconds))
            if let tls {
                // The connection is alive, as above.
                unsafe try Self.openTLS(state, host, port, tls, seconds)
            } else {
                unsafe try Self.openTCP(state, host, port, seconds)
            }
        } catch {
            // Nothing else holds the connection yet.
            unsafe amqp_destroy_connection(state)
            throw error
        }
        unsafe self.state = state
    }

    private static func openTCP(
        _ state: amqp_connection_state_t, _ host: String, _ port: UInt16, _ seconds: Int32
    ) throws(AMQPError) {
        // Checked; it lives as long as the connection. The library does not keep the host beyond the call.
        guard let socket = unsafe amqp_tcp_socket_new(state) else { throw .connectFailed("out of memory") }
        let status = unsafe contacto_open(socket, host, Int32(port), seconds)
        guard status == AMQP_STATUS_OK.rawValue else { throw .connectFailed(text(status)) }
    }

    private static func openTLS(
        _ state: amqp_connection_state_t, _ host: String, _ port: UInt16, _ tls: AMQPTLS, _ seconds: Int32
    ) throws(AMQPError) {
        // Checked; it lives as long as the connection. So for each call below: no text is kept beyond it.
        guard let socket = unsafe amqp_ssl_socket_new(state) else { throw .tlsFailed("OpenSSL cannot be set up") }
        guard unsafe contacto_tls_prepare(socket, host) == 1 else { throw .tlsFailed("the host's name is refused") }
        if let file = tls.authoritiesFile {
            let status = unsafe amqp_ssl_socket_set_cacert(socket, file)
            guard status == AMQP_STATUS_OK.rawValue else { throw .tlsFailed("the authorities' file cannot be used") }
        } else {
            guard unsafe contacto_tls_trust_system(socket) == 1 else {
                throw .tlsFailed("the system's authorities cannot be used")
            }
        }
        if let client = tls.client {
            let status = unsafe amqp_ssl_socket_set_key(socket, client.certificateFile, client.keyFile)
            guard status == AMQP_STATUS_OK.rawValue else {
                throw .tlsFailed("the client's certificate or key cannot be used")
            }
        }
        var refusal = 0
        // It lives for the call, and the shim forgets where it is before it returns.
        let status = unsafe contacto_tls_open(socket, host, Int32(port), seconds, &refusal)
        guard refusal == Int(X509_V_OK) else {
            // OpenSSL returns constant strings; so below.
            let reason = unsafe String(cString: X509_verify_cert_error_string(refusal))
            throw .tlsFailed("the broker's certificate is refused: \(reason)")
        }
        if status == AMQP_STATUS_SSL_CONNECTION_FAILED.rawValue {
            let reason = unsafe contacto_tls_reason().map { unsafe String(cString: $0) }
            throw .tlsFailed("no handshake: \(reason ?? "the broker ended it")")
        }
        guard status == AMQP_STATUS_OK.rawValue else { throw .connectFailed(text(status)) }
    }

    deinit {
        // The last use of the pointer.
        unsafe _ = amqp_destroy_connection(state)
    }

    /// The descriptor to poll; −1 after the library has closed it.
    // The state lives as long as self.
    var socket: Int32 { unsafe amqp_get_sockfd(state) }

    /// True while bytes have been read from the socket that no call has looked at: `poll` would not tell of them.
    // The state lives as long as self.
    var hasBufferedInput: Bool { unsafe amqp_frames_enqueued(state) != 0 || amqp_data_in_buffer(state) != 0 }

    func sendProtocolHeader() throws(AMQPError) {
        // The state lives as long as self.
        try Self.check(unsafe amqp_send_header(state))
    }

    /// Sets the limits agreed upon; from here on the library keeps the heartbeat.
    mutating func tune(channelMax: UInt16, frameBytesMax: Int, heartbeatSeconds: Int) throws(AMQPError) {
        // The state lives as long as self, and is idle: the frame before was complete.
        let status = unsafe amqp_tune_connection(
            state, Int32(channelMax), Int32(frameBytesMax), Int32(heartbeatSeconds))
        try Self.check(status)
        self.frameBytesMax = frameBytesMax
    }

    // MARK: - Receiving

    /// Waits up to the time for a frame and copies it; keeps the heartbeat on the way.
    ///
    /// - Returns: nil when the time is over.
    mutating func nextFrame(timeoutMicroseconds: Int) throws(AMQPError) -> AMQPFrame? {
        while true {
            var frame = unsafe amqp_frame_t()
            // The library fills `frame` with pointers into its channel's pool, which stays as it is until released.
            let status = unsafe contacto_wait_frame(state, &frame, max(0, timeoutMicroseconds))
            if status == AMQP_STATUS_TIMEOUT.rawValue { return nil }
            try Self.check(status)
            // What `copy` returns holds no pointer. The library keeps the pool of a channel that has more frames queued
            // (a publish reads and queues what came when it has been long since anything was read).
            defer { unsafe amqp_maybe_release_buffers_on_channel(state, frame.channel) }
            // Passed over by the library where it reads them, but not where it has queued them.
            if unsafe Int32(frame.frame_type) == AMQP_FRAME_HEARTBEAT { continue }
            guard unsafe frame.channel <= 1 else { throw .protocolViolation("a frame of a channel that is not open") }
            return unsafe try copy(frame)
        }
    }

    private mutating func copy(_ frame: amqp_frame_t) throws(AMQPError) -> AMQPFrame {
        // The member of the union read is the one that the frame's type names, in each of the three cases.
        switch unsafe Int32(frame.frame_type) {
        case AMQP_FRAME_METHOD:
            return .method(unsafe copy(frame.payload.method))
        case AMQP_FRAME_HEADER:
            let header = unsafe frame.payload.properties
            guard unsafe header.class_id == AMQP_BASIC_CLASS else {
                throw .protocolViolation("a content of an unknown class")
            }
            return unsafe .header(bodySize: header.body_size, properties: Self.array(header.raw))
        case AMQP_FRAME_BODY:
            return unsafe .body(Self.array(frame.payload.body_fragment))
        default:
            throw .protocolViolation("a frame of an unknown type")
        }
    }

    private mutating func copy(_ method: amqp_method_t) -> ServerMethod {
        // `decoded` points to the struct that belongs to the method's id, filled by the library; so for every case
        // below.
        func decoded<T>(_: T.Type) -> T { unsafe method.decoded.load(as: T.self) }
        switch unsafe method.id {
        case AMQP_BASIC_DELIVER_METHOD:
            let deliver = unsafe decoded(amqp_basic_deliver_t.self)
            return unsafe .deliver(
                DeliverMethod(
                    deliveryTag: deliver.delivery_tag, isRedelivered: deliver.redelivered != 0,
                    exchange: exchange.text(deliver.exchange), routingKey: routingKey.text(deliver.routing_key),
                    consumerTag: consumerTag.text(deliver.consumer_tag)))
        case AMQP_BASIC_ACK_METHOD:
            let ack = decoded(amqp_basic_ack_t.self)
            return .ack(tag: ack.delivery_tag, multiple: ack.multiple != 0)
        case AMQP_BASIC_NACK_METHOD:
            let nack = decoded(amqp_basic_nack_t.self)
            return .nack(tag: nack.delivery_tag, multiple: nack.multiple != 0)
        case AMQP_BASIC_RETURN_METHOD:
            let method = unsafe decoded(amqp_basic_return_t.self)
            return unsafe .returned(
                ReturnMethod(
                    code: method.reply_code, text: Self.string(method.reply_text),
                    exchange: Self.string(method.exchange), routingKey: Self.string(method.routing_key)))
        case AMQP_BASIC_CANCEL_METHOD:
            return unsafe .consumerCancel(tag: Self.string(decoded(amqp_basic_cancel_t.self).consumer_tag))
        case AMQP_CHANNEL_CLOSE_METHOD:
            let close = unsafe decoded(amqp_channel_close_t.self)
            return unsafe .channelClose(code: close.reply_code, text: Self.string(close.reply_text))
        case AMQP_CONNECTION_CLOSE_METHOD:
            let close = unsafe decoded(amqp_connection_close_t.self)
            return unsafe .connectionClose(code: close.reply_code, text: Self.string(close.reply_text))
        case AMQP_CONNECTION_BLOCKED_METHOD:
            return unsafe .blocked(reason: Self.string(decoded(amqp_connection_blocked_t.self).reason))
        case AMQP_CONNECTION_UNBLOCKED_METHOD: return .unblocked
        default: return unsafe Self.copyReply(method)
        }
    }

    /// The answers to calls.
    private static func copyReply(_ method: amqp_method_t) -> ServerMethod {
        // As above: `decoded` points to the struct that belongs to the method's id.
        func decoded<T>(_: T.Type) -> T { unsafe method.decoded.load(as: T.self) }
        switch unsafe method.id {
        case AMQP_CONNECTION_START_METHOD:
            let start = unsafe decoded(amqp_connection_start_t.self)
            return unsafe .start(versionMajor: start.version_major, mechanisms: string(start.mechanisms))
        case AMQP_CONNECTION_TUNE_METHOD:
            let tune = decoded(amqp_connection_tune_t.self)
            return .tune(channelMax: tune.channel_max, frameMax: tune.frame_max, heartbeat: tune.heartbeat)
        case AMQP_CONNECTION_OPEN_OK_METHOD: return .openOk
        case AMQP_CONNECTION_CLOSE_OK_METHOD: return .connectionCloseOk
        case AMQP_CHANNEL_OPEN_OK_METHOD: return .channelOpenOk
        case AMQP_CHANNEL_CLOSE_OK_METHOD: return .channelCloseOk
        case AMQP_EXCHANGE_DECLARE_OK_METHOD: return .exchangeDeclareOk
        case AMQP_QUEUE_DECLARE_OK_METHOD:
            let queue = unsafe decoded(amqp_queue_declare_ok_t.self)
            return unsafe .queueDeclareOk(
                name: string(queue.queue), messageCount: queue.message_count, consumerCount: queue.consumer_count)
        case AMQP_QUEUE_BIND_OK_METHOD: return .queueBindOk
        case AMQP_QUEUE_UNBIND_OK_METHOD: return .queueUnbindOk
        case AMQP_QUEUE_PURGE_OK_METHOD:
            return .queuePurgeOk(messageCount: decoded(amqp_queue_purge_ok_t.self).message_count)
        case AMQP_QUEUE_DELETE_OK_METHOD:
            return .queueDeleteOk(messageCount: decoded(amqp_queue_delete_ok_t.self).message_count)
        case AMQP_CONFIRM_SELECT_OK_METHOD: return .confirmSelectOk
        case AMQP_BASIC_QOS_OK_METHOD: return .qosOk
        case AMQP_BASIC_CONSUME_OK_METHOD:
            return unsafe .consumeOk(tag: string(decoded(amqp_basic_consume_ok_t.self).consumer_tag))
        case AMQP_BASIC_CANCEL_OK_METHOD:
            return unsafe .cancelOk(tag: string(decoded(amqp_basic_cancel_ok_t.self).consumer_tag))
        default: return unsafe .unknown(id: method.id)
        }
    }

    // MARK: - Sending

    /// Publishes on channel 1. May block when the socket is full: the caller has looked for room.
    ///
    /// - Returns: how many bytes the properties took, at most.
    /// - Throws: `invalidArgument` with nothing written; anything else means that the connection is lost.
    mutating func publish(
        _ message: borrowing AMQPMessage, exchange: String, routingKey: String, mandatory: Bool
    ) throws(AMQPError) -> Int {
        defer { pool.recycle() }
        pool.begin()
        let exchange = unsafe try pool.short(exchange, "exchange")
        let routingKey = unsafe try pool.short(routingKey, "routing key")
        pool.begin()
        var properties = unsafe try pool.properties(message.properties)
        // Frame header, class, weight and body size (20 bytes with the frame's end), and the flags.
        guard pool.encodedBytes + 22 <= frameBytesMax else {
            throw .invalidArgument("the properties are larger than a frame")
        }
        // `body` is read during the call only; exchange, key and properties lie in the pool until it is recycled.
        let status = unsafe message.body.withUnsafeBytes { body in
            let bytes = unsafe amqp_bytes_t(len: body.count, bytes: UnsafeMutableRawPointer(mutating: body.baseAddress))
            return unsafe amqp_basic_publish(
                state, 1, exchange, routingKey, mandatory ? 1 : 0, 0, &properties, bytes)
        }
        try Self.check(status)
        return pool.encodedBytes
    }

    /// Sends a method.
    ///
    /// - Throws: `invalidArgument` with nothing written; anything else means that the connection is lost.
    mutating func send(_ method: ClientMethod) throws(AMQPError) {
        defer { pool.recycle() }
        pool.begin()
        // Every struct below points into the pool only, which is recycled after the send. A "ticket" is 0: a relic.
        switch method {
        case .startOk(let properties, let response):
            try unsafe send(
                method, AMQP_CONNECTION_START_OK_METHOD,
                amqp_connection_start_ok_t(
                    client_properties: pool.table(properties), mechanism: pool.short("PLAIN", "mechanism"),
                    response: pool.long(response), locale: pool.short("en_US", "locale")))
        case .tuneOk(let channelMax, let frameMax, let heartbeat):
            try send(
                method, AMQP_CONNECTION_TUNE_OK_METHOD,
                amqp_connection_tune_ok_t(channel_max: channelMax, frame_max: frameMax, heartbeat: heartbeat))
        case .open(let virtualHost):
            try unsafe send(
                method, AMQP_CONNECTION_OPEN_METHOD,
                amqp_connection_open_t(
                    virtual_host: pool.short(virtualHost, "virtual host"), capabilities: amqp_bytes_t(), insist: 1))
        case .connectionClose:
            try unsafe send(
                method, AMQP_CONNECTION_CLOSE_METHOD,
                amqp_connection_close_t(
                    reply_code: 200, reply_text: pool.short("closed by the client", "text"), class_id: 0, method_id: 0))
        case .connectionCloseOk:
            try send(method, AMQP_CONNECTION_CLOSE_OK_METHOD, amqp_connection_close_ok_t())
        case .channelOpen: try unsafe send(method, AMQP_CHANNEL_OPEN_METHOD, amqp_channel_open_t())
        case .channelCloseOk: try send(method, AMQP_CHANNEL_CLOSE_OK_METHOD, amqp_channel_close_ok_t())
        case .exchangeDeclare(let exchange, let passive):
            try unsafe send(
                method, AMQP_EXCHANGE_DECLARE_METHOD,
                amqp_exchange_declare_t(
                    ticket: 0, exchange: pool.short(exchange.name, "exchange"), type: pool.short(exchange.type, "type"),
                    passive: passive ? 1 : 0, durable: exchange.isDurable ? 1 : 0,
                    auto_delete: exchange.isAutoDelete ? 1 : 0, internal: exchange.isInternal ? 1 : 0, nowait: 0,
                    arguments: pool.table(exchange.arguments)))
        case .queueDeclare(let queue, let passive):
            try unsafe send(
                method, AMQP_QUEUE_DECLARE_METHOD,
                amqp_queue_declare_t(
                    ticket: 0, queue: pool.short(queue.name, "queue"), passive: passive ? 1 : 0,
                    durable: queue.isDurable ? 1 : 0, exclusive: queue.isExclusive ? 1 : 0,
                    auto_delete: queue.isAutoDelete ? 1 : 0, nowait: 0, arguments: pool.table(queue.arguments)))
        case .queueBind(let queue, let exchange, let routingKey, let arguments):
            try unsafe send(
                method, AMQP_QUEUE_BIND_METHOD,
                amqp_queue_bind_t(
                    ticket: 0, queue: pool.short(queue, "queue"), exchange: pool.short(exchange, "exchange"),
                    routing_key: pool.short(routingKey, "routing key"), nowait: 0, arguments: pool.table(arguments)))
        case .queueUnbind(let queue, let exchange, let routingKey, let arguments):
            try unsafe send(
                method, AMQP_QUEUE_UNBIND_METHOD,
                amqp_queue_unbind_t(
                    ticket: 0, queue: pool.short(queue, "queue"), exchange: pool.short(exchange, "exchange"),
                    routing_key: pool.short(routingKey, "routing key"), arguments: pool.table(arguments)))
        case .queueDelete(let queue, let ifUnused, let ifEmpty):
            try unsafe send(
                method, AMQP_QUEUE_DELETE_METHOD,
                amqp_queue_delete_t(
                    ticket: 0, queue: pool.short(queue, "queue"), if_unused: ifUnused ? 1 : 0,
                    if_empty: ifEmpty ? 1 : 0, nowait: 0))
        case .queuePurge(let queue):
            try unsafe send(
                method, AMQP_QUEUE_PURGE_METHOD,
                amqp_queue_purge_t(ticket: 0, queue: pool.short(queue, "queue"), nowait: 0))
        case .confirmSelect: try send(method, AMQP_CONFIRM_SELECT_METHOD, amqp_confirm_select_t(nowait: 0))
        case .qos(let prefetch):
            try send(
                method, AMQP_BASIC_QOS_METHOD,
                amqp_basic_qos_t(prefetch_size: 0, prefetch_count: prefetch, global: 0))
        case .consume(let queue, let tag, let exclusive, let arguments):
            try unsafe send(
                method, AMQP_BASIC_CONSUME_METHOD,
                amqp_basic_consume_t(
                    ticket: 0, queue: pool.short(queue, "queue"), consumer_tag: pool.short(tag, "consumer tag"),
                    no_local: 0, no_ack: 0, exclusive: exclusive ? 1 : 0, nowait: 0, arguments: pool.table(arguments)))
        case .cancel(let tag):
            try unsafe send(
                method, AMQP_BASIC_CANCEL_METHOD,
                amqp_basic_cancel_t(consumer_tag: pool.short(tag, "consumer tag"), nowait: 0))
        case .ack(let tag, let multiple):
            try send(method, AMQP_BASIC_ACK_METHOD, amqp_basic_ack_t(delivery_tag: tag, multiple: multiple ? 1 : 0))
        case .nack(let tag, let multiple, let requeue):
            try send(
                method, AMQP_BASIC_NACK_METHOD,
                amqp_basic_nack_t(delivery_tag: tag, multiple: multiple ? 1 : 0, requeue: requeue ? 1 : 0))
        case .reject(let tag, let requeue):
            try send(
                method, AMQP_BASIC_REJECT_METHOD,
                amqp_basic_reject_t(delivery_tag: tag, requeue: requeue ? 1 : 0))
        }
    }

    private func send<T: BitwiseCopyable>(_ method: ClientMethod, _ id: amqp_method_number_t, _ value: T)
        throws(AMQPError)
    {
        // The fixed fields of every method take less than 256 bytes beside what is in the pool.
        guard pool.encodedBytes + 256 <= frameBytesMax else {
            throw .invalidArgument("the arguments are larger than a frame")
        }
        var value = value
        // `value` is the struct that belongs to the id (the pairs are in `send` above) and lives for the call.
        try Self.check(unsafe amqp_send_method(state, method.channel, id, &value))
    }

    /// A table's wire form without the length in front, as the library encodes it. For tests of the codec.
    static func encode(_ table: AMQPTable) throws(AMQPError) -> [UInt8] {
        var pool = EncodingPool()
        var encoded = unsafe try pool.table(table)
        var bytes = [UInt8](repeating: 0, count: pool.encodedBytes)
        var offset = 0
        // The library writes at most `count` bytes into `bytes`, which lives for the call.
        let status = unsafe bytes.withUnsafeMutableBytes { buffer in
            let target = unsafe amqp_bytes_t(len: buffer.count, bytes: buffer.baseAddress)
            return unsafe amqp_encode_table(target, &encoded, &offset)
        }
        try check(status)
        return Array(bytes[4..<offset])
    }

    // MARK: - Small things

    private static func check(_ status: Int32) throws(AMQPError) {
        guard status < 0 else { return }
        throw status == AMQP_STATUS_BAD_AMQP_DATA.rawValue
            ? .protocolViolation(text(status)) : .connectionLost(text(status))
    }

    // The library returns constant strings.
    private static func text(_ status: Int32) -> String { unsafe String(cString: amqp_error_string2(status)) }

    // `bytes` comes from the frame being copied, whose memory is released after the copy; so for `array`.
    private static func string(_ bytes: amqp_bytes_t) -> String {
        unsafe String(decoding: UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len), as: UTF8.self)
    }

    private static func array(_ bytes: amqp_bytes_t) -> [UInt8] {
        unsafe Array(UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len))
    }
}

/// The text that a field had last: names repeat from message to message and need not be built again.
private struct LastText {
    private var last = ""

    mutating func text(_ bytes: amqp_bytes_t) -> String {
        // `bytes` comes from the frame being copied, as in `AMQPHandle.string`.
        let buffer = unsafe UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len)
        if unsafe !last.utf8.elementsEqual(buffer) { last = unsafe String(decoding: buffer, as: UTF8.self) }
        return last
    }
}

/// The library's bump allocator, for what a method or a message points to while it is encoded: no malloc per string.
///
/// `@safe`: the pointer is made in init, never changes and is freed in deinit; what is allocated from the pool stays in
/// this file and is not used after `recycle`.
@safe
private struct EncodingPool: ~Copyable {
    /// More do not fit into a frame: each takes a byte at least.
    private static let elementsMax = 131_072

    private let pool: UnsafeMutablePointer<amqp_pool_t>
    /// At least what the texts and tables made since `begin` take on the wire.
    private(set) var encodedBytes = 0

    init() {
        let pool = UnsafeMutablePointer<amqp_pool_t>.allocate(capacity: 1)
        // Freshly allocated; the library initialises it.
        unsafe init_amqp_pool(pool, 16_384)
        unsafe self.pool = pool
    }

    deinit {
        // The last use of the pointer; `empty_amqp_pool` frees the pages.
        unsafe empty_amqp_pool(pool)
        unsafe pool.deallocate()
    }

    /// Counts from zero.
    mutating func begin() { encodedBytes = 0 }

    /// Takes back all that was allocated and keeps the pages.
    // Nothing allocated is used after this: see where it is called.
    func recycle() { unsafe recycle_amqp_pool(pool) }

    /// A text with its length in one byte.
    mutating func short(_ text: String, _ name: StaticString) throws(AMQPError) -> amqp_bytes_t {
        guard text.utf8.count <= 255 else { throw .invalidArgument("\(name): more than 255 bytes") }
        encodedBytes += 1
        return unsafe try copy(text)
    }

    /// Bytes with their length in four bytes.
    mutating func long(_ bytes: [UInt8]) throws(AMQPError) -> amqp_bytes_t {
        encodedBytes += 4 + bytes.count
        guard let target = unsafe try allocate(bytes.count) else { return unsafe amqp_bytes_t() }
        // The target has room for exactly these bytes.
        unsafe bytes.withUnsafeBytes { unsafe target.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        return unsafe amqp_bytes_t(len: bytes.count, bytes: target)
    }

    private mutating func copy(_ text: String) throws(AMQPError) -> amqp_bytes_t {
        var text = text
        let count = text.utf8.count
        encodedBytes += count
        guard let target = unsafe try allocate(count) else { return unsafe amqp_bytes_t() }
        // The target has room for exactly these bytes.
        text.withUTF8 { unsafe target.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        return unsafe amqp_bytes_t(len: count, bytes: target)
    }

    /// Room for so many bytes, aligned for any type; nil for none.
    private func allocate(_ count: Int) throws(AMQPError) -> UnsafeMutableRawPointer? {
        guard count > 0 else { return nil }
        // The pool is alive; the result is checked.
        guard let memory = unsafe amqp_pool_alloc(pool, count) else { throw .invalidArgument("out of memory") }
        return unsafe memory
    }

    mutating func table(_ table: AMQPTable, depth: Int = 0) throws(AMQPError) -> amqp_table_t {
        guard depth <= AMQPTable.depthMax else { throw .invalidArgument("a table is nested too deeply") }
        encodedBytes += 4
        let count = table.entries.count
        guard count <= Self.elementsMax else { throw .invalidArgument("a table has too many entries") }
        guard let memory = unsafe try allocate(count * MemoryLayout<amqp_table_entry_t>.stride) else {
            return unsafe amqp_table_t()
        }
        // Room for `count` entries, each initialised before the table is used.
        let entries = unsafe memory.bindMemory(to: amqp_table_entry_t.self, capacity: count)
        for (index, entry) in table.entries.enumerated() {
            // Within the capacity; entries are trivial.
            let encoded = unsafe try amqp_table_entry_t(
                key: short(entry.key, "table key"), value: value(entry.value, depth: depth))
            unsafe (entries + index).initialize(to: encoded)
        }
        return unsafe amqp_table_t(num_entries: Int32(count), entries: entries)
    }

    private mutating func array(_ values: [AMQPValue], depth: Int) throws(AMQPError) -> amqp_array_t {
        guard depth <= AMQPTable.depthMax else { throw .invalidArgument("an array is nested too deeply") }
        encodedBytes += 4
        guard values.count <= Self.elementsMax else { throw .invalidArgument("an array has too many values") }
        guard let memory = unsafe try allocate(values.count * MemoryLayout<amqp_field_value_t>.stride) else {
            return unsafe amqp_array_t()
        }
        // Room for `count` values, each initialised before the array is used.
        let encoded = unsafe memory.bindMemory(to: amqp_field_value_t.self, capacity: values.count)
        for (index, value) in values.enumerated() {
            // Within the capacity; values are trivial.
            unsafe (encoded + index).initialize(to: try self.value(value, depth: depth))
        }
        return unsafe amqp_array_t(num_entries: Int32(values.count), entries: encoded)
    }

    /// The kind and the member of the union that belongs to it.
    private mutating func value(_ value: AMQPValue, depth: Int) throws(AMQPError) -> amqp_field_value_t {
        encodedBytes += 9
        // Writing one member of a union of trivial types is always defined; the kind says which to read.
        var field = unsafe amqp_field_value_t()
        func kind(_ kind: amqp_field_value_kind_t) -> UInt8 { UInt8(kind.rawValue) }
        switch value {
        case .string(let text):
            unsafe field.kind = kind(AMQP_FIELD_KIND_UTF8)
            unsafe field.value.bytes = try copy(text)
        case .bytes(let bytes):
            unsafe field.kind = kind(AMQP_FIELD_KIND_BYTES)
            unsafe field.value.bytes = try long(bytes)
        case .int64(let number):
            unsafe field.kind = kind(AMQP_FIELD_KIND_I64)
            unsafe field.value.i64 = number
        case .bool(let flag):
            unsafe field.kind = kind(AMQP_FIELD_KIND_BOOLEAN)
            unsafe field.value.boolean = flag ? 1 : 0
        case .double(let number):
            unsafe field.kind = kind(AMQP_FIELD_KIND_F64)
            unsafe field.value.f64 = number
        case .timestamp(let seconds):
            unsafe field.kind = kind(AMQP_FIELD_KIND_TIMESTAMP)
            unsafe field.value.u64 = seconds
        case .table(let table):
            unsafe field.kind = kind(AMQP_FIELD_KIND_TABLE)
            unsafe field.value.table = try self.table(table, depth: depth + 1)
        case .array(let values):
            unsafe field.kind = kind(AMQP_FIELD_KIND_ARRAY)
            unsafe field.value.array = try array(values, depth: depth + 1)
        case .null: unsafe field.kind = kind(AMQP_FIELD_KIND_VOID)
        case .unsupported: throw .invalidArgument("a table holds a value of an unsupported kind")
        }
        return unsafe field
    }

    mutating func properties(_ source: AMQPProperties) throws(AMQPError) -> amqp_basic_properties_t {
        // Trivial fields; the flags say which of them count.
        var target = unsafe amqp_basic_properties_t()
        var flags = AMQP_BASIC_DELIVERY_MODE_FLAG
        unsafe target.delivery_mode = source.isPersistent ? 2 : 1
        unsafe try set(&target.content_type, source.contentType, AMQP_BASIC_CONTENT_TYPE_FLAG, &flags)
        unsafe try set(&target.content_encoding, source.contentEncoding, AMQP_BASIC_CONTENT_ENCODING_FLAG, &flags)
        if !source.headers.isEmpty {
            unsafe target.headers = try table(source.headers)
            flags |= AMQP_BASIC_HEADERS_FLAG
        }
        if let priority = source.priority {
            unsafe target.priority = priority
            flags |= AMQP_BASIC_PRIORITY_FLAG
        }
        unsafe try set(&target.correlation_id, source.correlationID, AMQP_BASIC_CORRELATION_ID_FLAG, &flags)
        unsafe try set(&target.reply_to, source.replyTo, AMQP_BASIC_REPLY_TO_FLAG, &flags)
        unsafe try set(&target.expiration, source.expiration, AMQP_BASIC_EXPIRATION_FLAG, &flags)
        unsafe try set(&target.message_id, source.messageID, AMQP_BASIC_MESSAGE_ID_FLAG, &flags)
        if let timestamp = source.timestamp {
            unsafe target.timestamp = timestamp
            flags |= AMQP_BASIC_TIMESTAMP_FLAG
        }
        unsafe try set(&target.type, source.type, AMQP_BASIC_TYPE_FLAG, &flags)
        unsafe try set(&target.user_id, source.userID, AMQP_BASIC_USER_ID_FLAG, &flags)
        unsafe try set(&target.app_id, source.appID, AMQP_BASIC_APP_ID_FLAG, &flags)
        // Delivery mode, priority and timestamp.
        encodedBytes += 10
        unsafe target._flags = amqp_flags_t(flags)
        return unsafe target
    }
    private mutating func set(
        _ field: inout amqp_bytes_t, _ text: String?, _ flag: Int32, _ flags: inout Int32
    ) throws(AMQPError) {
        guard let text else { return }
        // `field` is the caller's own; what it points to lies in the pool.
        unsafe field = try short(text, "a property")
        flags |= flag
    }
}
