"""A program of a preview once it is created."""

from pulumi.runtime.rpc import UNKNOWN

from .wire import Part, Program

# By property: what it names, and whether by ARN.
_NAMED = {
    "accessPointId": ("AccessPoint", "id"),
    "arn": ("AccessPoint", "arn"),
    "create": ("TaskDefinition", "arn"),
    "fileSystemId": ("FileSystem", "id"),
    "policyArn": ("Policy", "arn"),
    "role": ("Role", "arn"),
    "securityGroupId": ("SecurityGroup", "id"),
    "securityGroupIds": ("SecurityGroup", "id"),
    "securityGroups": ("SecurityGroup", "id"),
    "sourceSecurityGroupId": ("SecurityGroup", "id"),
    "subnetId": ("Subnet", "id"),
    "subnetIds": ("Subnet", "id"),
    "subnets": ("Subnet", "id"),
    "taskDefinition": ("TaskDefinition", "arn"),
    "taskDefinitionArn": ("TaskDefinition", "arn"),
    "taskRoleArn": ("Role", "arn"),
    "vpcId": ("Vpc", "id"),
}
_PREFIXES = {
    "AccessPoint": ("fsap", "elasticfilesystem:eu-west-1:111122223333:access-point/"),
    "FileSystem": ("fs", "elasticfilesystem:eu-west-1:111122223333:file-system/"),
    "Policy": ("policy", "iam::111122223333:policy/"),
    "Role": ("role", "iam::111122223333:role/"),
    "SecurityGroup": ("sg", "ec2:eu-west-1:111122223333:security-group/"),
    "Subnet": ("subnet", "ec2:eu-west-1:111122223333:subnet/"),
    "TaskDefinition": ("task", "ecs:eu-west-1:111122223333:task-definition/"),
    "Vpc": ("vpc", "ec2:eu-west-1:111122223333:vpc/"),
}


def created(p: Program) -> Program:
    """The same program once it is created: every value is known."""
    for number, part in enumerate(p.parts, 1):
        prefix, arn = _PREFIXES.get(part.type.rpartition(":")[2], ("id", ""))
        id_ = str(part.props.get("name") or f"{prefix}-{number:017x}")
        part.props |= {"id": id_, "arn": f"arn:aws:{arn}{id_}"}
    by_urn = {part.urn: part for part in p.parts}
    for part in p.parts:
        for name, value in list(part.props.items()):
            origins = [by_urn[urn] for urn in part.origins.get(name, ()) if urn in by_urn]
            left: dict[str, list[Part]] = {}
            for origin in origins:
                left.setdefault(origin.type.rpartition(":")[2], []).append(origin)
            part.props[name] = _known(name, value, left)
    return p


def _known(name: str, value: object, left: dict[str, list[Part]]) -> object:
    if isinstance(value, dict):
        return {key: _known(key, item, left) for key, item in value.items()}
    if isinstance(value, list):
        return [known for item in value if (known := _known(name, item, left)) is not None]
    if value != UNKNOWN:
        return value
    kind, how = _NAMED.get(name, ("", ""))
    found = left.get(kind, [])
    origin = (found.pop(0) if len(found) > 1 else found[0]) if found else None
    return None if origin is None else origin.props[how]
