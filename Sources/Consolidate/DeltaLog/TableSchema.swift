import Foundation
import RunFiles

/// A table's columns, with Spark's JSON form that `metaData.schemaString` holds.
public struct TableSchema: Sendable, Equatable {
  public var fields: [Field]

  public init(_ fields: [Field]) { self.fields = fields }

  public struct Field: Sendable, Equatable {
    public var name: String
    public var type: DataType
    public var nullable: Bool
    /// Carried along as it was read; its keys belong to other features and other writers.
    public var metadata: [String: JSONValue]

    public init(
      _ name: String, _ type: DataType, nullable: Bool = true, metadata: [String: JSONValue] = [:]
    ) {
      self.name = name
      self.type = type
      self.nullable = nullable
      self.metadata = metadata
    }
  }

  public subscript(_ name: String) -> Field? { fields.first { $0.name == name } }
}

/// A column's type. Types without a case (decimals, structs, arrays, maps) are carried along unchanged.
public enum DataType: Sendable, Equatable {
  case string, long, integer, short, byte, float, double, boolean, binary, date, timestamp
  case other(JSONValue)

  /// Spark's names of the primitive types.
  private static let names: [(type: DataType, name: String)] = [
    (.string, "string"), (.long, "long"), (.integer, "integer"), (.short, "short"), (.byte, "byte"),
    (.float, "float"), (.double, "double"), (.boolean, "boolean"), (.binary, "binary"), (.date, "date"),
    (.timestamp, "timestamp"),
  ]

  init(json: JSONValue) {
    self = Self.names.first { .string($0.name) == json }?.type ?? .other(json)
  }

  public var json: JSONValue {
    if case .other(let value) = self { return value }
    return Self.names.first { $0.type == self }.map { .string($0.name) } ?? .null
  }
}

extension DataType: CustomStringConvertible {
  public var description: String { json.text ?? json["type"]?.text ?? "unknown" }
}

extension TableSchema {
  /// Reads a `schemaString`.
  public init(schemaString: String) throws(DeltaError) {
    let tree: JSONValue
    do throws(JSONSyntaxError) {
      tree = try JSONValue(parsing: Data(schemaString.utf8))
    } catch {
      throw Self.corrupt("not JSON: \(error.reason) at byte \(error.offset)")
    }
    guard case .array(let fields) = tree["fields"] else { throw Self.corrupt("`fields` is missing") }
    self.fields = []
    for json in fields { self.fields.append(try Self.field(json)) }
  }

  /// The text for `metaData.schemaString`.
  public var schemaString: String {
    let fields = fields.map { field in
      JSONValue.object([
        "name": .string(field.name), "type": field.type.json, "nullable": .bool(field.nullable),
        "metadata": .object(field.metadata),
      ])
    }
    return JSONValue.object(["type": .string("struct"), "fields": .array(fields)]).canonicalText
  }

  private static func field(_ json: JSONValue) throws(DeltaError) -> Field {
    guard let name = json["name"]?.text, let type = json["type"], case .bool(let nullable) = json["nullable"]
    else { throw corrupt("a field lacks `name`, `type` or `nullable`") }
    var metadata: [String: JSONValue] = [:]
    if case .object(let members) = json["metadata"] { metadata = members }
    return Field(name, DataType(json: type), nullable: nullable, metadata: metadata)
  }

  private static func corrupt(_ reason: String) -> DeltaError {
    .corrupt(file: "metaData.schemaString", reason: reason)
  }
}

extension TableSchema: CustomStringConvertible {
  /// One line for messages: `id string, score float not null`.
  public var description: String {
    fields.map { "\($0.name) \($0.type)\($0.nullable ? "" : " not null")" }.joined(separator: ", ")
  }
}
