import Foundation
import RunFiles

extension Action {
  /// The contents of a log file: one JSON object a line, keys sorted.
  public static func encode(_ actions: [Action]) -> Data {
    var text = ""
    for action in actions { text += action.json.canonicalText + "\n" }
    return Data(text.utf8)
  }

  /// Reads a log file. Actions of an unknown kind, and members that are not known, are skipped.
  ///
  /// - Parameter file: the file's name, for messages.
  public static func decode(_ contents: Data, file: String) throws(DeltaError) -> [Action] {
    var actions: [Action] = []
    for (index, line) in contents.split(separator: UInt8(ascii: "\n")).enumerated() {
      do throws(MemberError) {
        if let action = try decode(line: Data(line)) { actions.append(action) }
      } catch {
        throw .corrupt(file: file, reason: "line \(index + 1): \(error.reason)")
      }
    }
    return actions
  }

  private static func decode(line: Data) throws(MemberError) -> Action? {
    let tree: JSONValue
    do throws(JSONSyntaxError) {
      tree = try JSONValue(parsing: line)
    } catch {
      throw MemberError(reason: "not JSON: \(error.reason) at byte \(error.offset)")
    }
    guard case .object(let kinds) = tree else { throw MemberError(reason: "not a JSON object") }
    for (kind, value) in kinds {
      if let action = try decode(kind, value) { return action }
    }
    return nil
  }

  private static func decode(_ kind: String, _ value: JSONValue) throws(MemberError) -> Action? {
    guard case .object(let members) = value else { return nil }
    let reader = MemberReader(action: kind, members: members)
    switch kind {
    case "protocol": return .protocol(try ProtocolVersions(reader))
    case "metaData": return .metaData(try TableMetadata(reader))
    case "add": return .add(try AddedFile(reader))
    case "remove": return .remove(try RemovedFile(reader))
    case "txn": return .txn(try AppTransaction(reader))
    case "commitInfo": return .commitInfo(CommitInfo(members))
    default: return nil
    }
  }

  /// The action as it stands in a commit.
  var json: JSONValue {
    switch self {
    case .protocol(let value): .object(["protocol": value.json])
    case .metaData(let value): .object(["metaData": value.json])
    case .add(let value): .object(["add": value.json])
    case .remove(let value): .object(["remove": value.json])
    case .txn(let value): .object(["txn": value.json])
    case .commitInfo(let value): .object(["commitInfo": .object(value.members)])
    }
  }
}

extension ProtocolVersions {
  fileprivate init(_ reader: MemberReader) throws(MemberError) {
    minReaderVersion = try reader.integer("minReaderVersion")
    minWriterVersion = try reader.integer("minWriterVersion")
    readerFeatures = try reader.texts("readerFeatures")
    writerFeatures = try reader.texts("writerFeatures")
  }

  fileprivate var json: JSONValue {
    .object(present: [
      "minReaderVersion": .whole(minReaderVersion), "minWriterVersion": .whole(minWriterVersion),
      "readerFeatures": readerFeatures.map(JSONValue.texts),
      "writerFeatures": writerFeatures.map(JSONValue.texts),
    ])
  }
}

extension TableMetadata {
  fileprivate init(_ reader: MemberReader) throws(MemberError) {
    id = try reader.text("id")
    name = try reader.optionalText("name")
    description = try reader.optionalText("description")
    let format = MemberReader(action: "metaData.format", members: try reader.object("format"))
    self.format = Format(
      provider: try format.text("provider"),
      options: try format.textMap("options")?.compactMapValues { $0 })
    schemaString = try reader.text("schemaString")
    partitionColumns = try reader.texts("partitionColumns") ?? []
    configuration = try reader.textMap("configuration")?.compactMapValues { $0 }
    createdTime = try reader.optionalInteger("createdTime")
  }

  fileprivate var json: JSONValue {
    .object(present: [
      "id": .string(id), "name": name.map(JSONValue.string),
      "description": description.map(JSONValue.string),
      "format": .object([
        "provider": .string(format.provider), "options": .textMap(format.options ?? [:]),
      ]),
      "schemaString": .string(schemaString), "partitionColumns": .texts(partitionColumns),
      "configuration": .textMap(configuration ?? [:]), "createdTime": createdTime.map(JSONValue.whole),
    ])
  }
}

extension AddedFile {
  fileprivate init(_ reader: MemberReader) throws(MemberError) {
    path = try reader.text("path")
    partitionValues = try reader.textMap("partitionValues") ?? [:]
    size = try reader.integer("size")
    modificationTime = try reader.integer("modificationTime")
    dataChange = try reader.boolean("dataChange")
    stats = try reader.optionalText("stats")
    tags = try reader.textMap("tags")
  }

  fileprivate var json: JSONValue {
    .object(present: [
      "path": .string(path), "partitionValues": .textMap(partitionValues), "size": .whole(size),
      "modificationTime": .whole(modificationTime), "dataChange": .bool(dataChange),
      "stats": stats.map(JSONValue.string), "tags": tags.map(JSONValue.textMap),
    ])
  }
}

extension RemovedFile {
  fileprivate init(_ reader: MemberReader) throws(MemberError) {
    path = try reader.text("path")
    deletionTimestamp = try reader.optionalInteger("deletionTimestamp")
    dataChange = try reader.boolean("dataChange")
    extendedFileMetadata = try reader.optionalBoolean("extendedFileMetadata")
    partitionValues = try reader.textMap("partitionValues")
    size = try reader.optionalInteger("size")
  }

  fileprivate var json: JSONValue {
    .object(present: [
      "path": .string(path), "deletionTimestamp": deletionTimestamp.map(JSONValue.whole),
      "dataChange": .bool(dataChange), "extendedFileMetadata": extendedFileMetadata.map(JSONValue.bool),
      "partitionValues": partitionValues.map(JSONValue.textMap), "size": size.map(JSONValue.whole),
    ])
  }
}

extension AppTransaction {
  fileprivate init(_ reader: MemberReader) throws(MemberError) {
    appId = try reader.text("appId")
    version = try reader.integer("version")
    lastUpdated = try reader.optionalInteger("lastUpdated")
  }

  fileprivate var json: JSONValue {
    .object(present: [
      "appId": .string(appId), "version": .whole(version), "lastUpdated": lastUpdated.map(JSONValue.whole),
    ])
  }
}
