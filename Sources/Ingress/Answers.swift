// Answers that succeed: `{"success":true,"data":…}`.

import Domain
import Hummingbird
import NIOCore
import Wire

extension Response {
    /// An answer whose data is an object.
    static func success(
        _ status: HTTPResponse.Status = .ok, _ members: (inout JSONWriter) -> Void
    ) -> Response {
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        json.member("success", true)
        json.object("data", members)
        json.endObject()
        return Response(status, json: json)
    }

    /// An answer whose data is JSON already.
    static func success(json data: [UInt8]) -> Response {
        var json = JSONWriter(capacity: data.count + 32)
        json.beginObject()
        json.member("success", true)
        json.member("data", json: data)
        json.endObject()
        return Response(.ok, json: json)
    }

    /// A list with what leads to the rest of it.
    ///
    /// - Parameter also: writes what is true of the whole list, beside it.
    static func list(
        _ elements: (inout JSONWriter) -> Void, page: (inout JSONWriter) -> Void,
        also: (inout JSONWriter) -> Void = { _ in }
    ) -> Response {
        var json = JSONWriter(capacity: 2048)
        json.beginObject()
        json.member("success", true)
        json.array("data", elements)
        json.object("page", page)
        also(&json)
        json.endObject()
        return Response(.ok, json: json)
    }

    private init(_ status: HTTPResponse.Status, json: JSONWriter) {
        self.init(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.bytes)))
    }
}

extension JSONWriter {
    mutating func page(_ page: Page) {
        member("limit", Int64(page.limit))
        member("page", Int64(page.number))
    }

    mutating func fee(_ fee: Money, version: Int16) {
        object("fee") { json in
            json.member("amount", fee.minorUnits)
            json.member("currency", fee.currency.code)
            json.member("version", Int64(version))
        }
    }
}
