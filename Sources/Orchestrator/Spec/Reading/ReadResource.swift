import WorkflowCore

extension WorkflowModelReader {
  /// Reads `resource`; nil when it cannot be carried out here, which is noted.
  func readResource(_ cursor: SpecCursor) -> ResourceTemplate? {
    note(cursor, .resource)
    guard let action = cursor.text("action").flatMap(ResourceTemplate.Action.init(rawValue:)) else {
      (cursor["action"] ?? cursor).report(
        .invalidValue, "a resource has one of the actions get, create, apply, delete, replace, patch")
      return nil
    }
    return ResourceTemplate(
      action: action, manifest: text(cursor, "manifest") ?? TemplateString("", at: cursor.position),
      mergeStrategy: text(cursor, "mergeStrategy"), flags: texts(cursor, "flags"),
      setsOwner: cursor.flag("setOwnerReference") ?? false,
      successCondition: text(cursor, "successCondition"), failureCondition: text(cursor, "failureCondition"))
  }
}
