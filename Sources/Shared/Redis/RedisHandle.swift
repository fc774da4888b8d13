// The only file that imports CHiredis: one non-blocking connection, with a Swift face. No pointer leaves it.

import CHiredis
import Glibc

/// A connection of hiredis, used by one thread only. Its end closes the socket.
// Safe: `context` comes from hiredis, is not nil, is freed once in deinit, and leaves this type nowhere.
@safe
struct RedisHandle: ~Copyable {
    private let context: UnsafeMutablePointer<redisContext>

    /// The socket gave an error, the peer closed it, or what came was no Redis answer: the connection is of no use.
    struct Broken: Error {}

    /// Bytes that hiredis 0.14 takes from the socket in one read.
    static let readBytes = 16 << 10

    /// Begins to connect. A host name is looked up here, which blocks; an address is not.
    init(host: String, port: Int32) throws(Broken) {
        // Both calls are hiredis's; the host's bytes live for the call, hiredis copies them.
        guard let created = unsafe redisConnectNonBlock(host, port) else { throw Broken() }
        guard unsafe created.pointee.err == 0 else {
            // Ours alone, and not used again.
            unsafe redisFree(created)
            throw Broken()
        }
        unsafe context = created
    }

    deinit {
        // The last use of the context; hiredis closes the socket.
        unsafe redisFree(context)
    }

    var descriptor: Int32 {
        // A field of our own context.
        unsafe context.pointee.fd
    }

    /// Looks how connecting went, once the socket is writable.
    func finishConnecting() throws(Broken) {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        // The kernel writes `size` bytes into `code`; both live for the call.
        let result = unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
        guard result == 0, code == 0 else { throw Broken() }
        // Finds a silently dead peer of an idle connection; that it fails changes nothing else.
        _ = unsafe redisEnableKeepAlive(context)
    }

    /// Puts a command behind what waits to be written.
    func append(_ command: RedisCommand) throws(Broken) {
        let count = command.lengths.count
        // hiredis copies the arguments before it returns. The offsets stay inside `bytes`, since the lengths add up to
        // its size; the temporary array has room for `count` pointers.
        let result = unsafe command.bytes.withUnsafeBufferPointer { bytes in
            unsafe withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count) { pointers in
                var next = unsafe UnsafeRawPointer(bytes.baseAddress)
                for index in 0..<count {
                    unsafe pointers.initializeElement(at: index, to: next?.assumingMemoryBound(to: CChar.self))
                    unsafe next = next?.advanced(by: command.lengths[index])
                }
                return unsafe redisAppendCommandArgv(context, Int32(count), pointers.baseAddress, command.lengths)
            }
        }
        guard result == REDIS_OK else { throw Broken() }
    }

    /// Writes as much as the socket takes.
    ///
    /// - Returns: whether nothing is left to write.
    func write() throws(Broken) -> Bool {
        var isDone: Int32 = 0
        // `isDone` lives for the call.
        guard unsafe redisBufferWrite(context, &isDone) == REDIS_OK else { throw Broken() }
        return isDone != 0
    }

    /// Takes up to `readBytes` from the socket and appends every complete answer, in order; also those before an error.
    ///
    /// Answers are taken out after each read: hiredis moves the rest of its buffer forward while it parses, which is
    /// cheap only as long as the buffer is small.
    ///
    /// - Returns: whether the socket may hold more.
    func read(into answers: inout [RedisValue]) throws(Broken) -> Bool {
        // Our own context and its reader, which hiredis made with it.
        let before = unsafe context.pointee.reader.pointee.len
        guard unsafe redisBufferRead(context) == REDIS_OK else { throw Broken() }
        let taken = unsafe context.pointee.reader.pointee.len - before
        while true {
            var reply: UnsafeMutableRawPointer?
            // hiredis gives a reply that is ours to free, or nil when none is complete.
            guard unsafe redisGetReplyFromReader(context, &reply) == REDIS_OK else { throw Broken() }
            guard let complete = unsafe reply else { return taken >= Self.readBytes }
            // With hiredis's default functions a reply is a redisReply.
            answers.append(unsafe Self.value(of: complete.assumingMemoryBound(to: redisReply.self).pointee))
            // Copied above; not used again.
            unsafe freeReplyObject(complete)
        }
    }

    /// Copies a reply. hiredis bounds the depth at seven arrays.
    private static func value(of reply: redisReply) -> RedisValue {
        // `str` has `len` bytes for the kinds that have text, `element` has `elements` replies for an array.
        let text = unsafe UnsafeRawBufferPointer(start: reply.str, count: reply.str == nil ? 0 : Int(reply.len))
        switch unsafe reply.type {
        case REDIS_REPLY_STRING: return unsafe .bytes(Array(text))
        case REDIS_REPLY_STATUS: return unsafe .status(String(decoding: text, as: UTF8.self))
        case REDIS_REPLY_INTEGER: return unsafe .integer(reply.integer)
        case REDIS_REPLY_ERROR: return unsafe .error(errorCode(of: text))
        case REDIS_REPLY_ARRAY:
            let elements = unsafe UnsafeBufferPointer(start: reply.element, count: Int(reply.elements))
            return unsafe .array(
                elements.map { element in unsafe element.map { unsafe value(of: $0.pointee) } ?? .null })
        default: return .null
        }
    }
}

/// Makes a write to a closed socket an error of the call instead of the process's end; hiredis 0.14 writes without
/// MSG_NOSIGNAL. Only for the calling thread.
func blockBrokenPipeSignal() {
    var signals = sigset_t()
    // The set lives for the three calls.
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGPIPE)
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
}
