"""The table's rows of storage: file systems, and the bucket."""

from __future__ import annotations

from collections.abc import Mapping

from .calls import Calls

_EFS_PAGE = "https://docs.aws.amazon.com/efs/latest/ug/efs-api-permissions-ref.html"
_BUCKET = {"s3": ("arn:{partition}:s3:::{bucket}",)}
_OBJECTS = {"s3": ("arn:{partition}:s3:::{bucket}/*", "arn:{partition}:s3:::{bucket}")}
_TAGS = "elasticfilesystem: TagResource UntagResource"


def _of_bucket(file: str, what: str) -> Calls:
    """A part of a bucket; its deletion has no action of its own."""
    put, get = f"s3: Put{what}", f"s3: Get{what}"
    return Calls(
        source=f"s3/{file}", create=put, read=get, update=put, delete=f"{put} Get{what}", on=_BUCKET
    )


ROWS: Mapping[str, Calls] = {
    "aws:efs/fileSystem:FileSystem": Calls(
        source="efs/file_system.go",
        create="elasticfilesystem: CreateFileSystem TagResource",
        read="elasticfilesystem: DescribeFileSystems DescribeLifecycleConfiguration",
        update=f"elasticfilesystem: UpdateFileSystem {_TAGS}",
        delete="elasticfilesystem: DeleteFileSystem DescribeFileSystems",
        linked="elasticfilesystem.amazonaws.com",
    ),
    "aws:efs/accessPoint:AccessPoint": Calls(
        source="efs/access_point.go",
        create="elasticfilesystem: CreateAccessPoint TagResource",
        read="elasticfilesystem: DescribeAccessPoints",
        update=_TAGS,
        delete="elasticfilesystem: DeleteAccessPoint DescribeAccessPoints",
    ),
    "aws:efs/fileSystemPolicy:FileSystemPolicy": Calls(
        source="efs/file_system_policy.go",
        create="elasticfilesystem: PutFileSystemPolicy",
        read="elasticfilesystem: DescribeFileSystemPolicy",
        update="elasticfilesystem: PutFileSystemPolicy",
        delete="elasticfilesystem: DeleteFileSystemPolicy",
    ),
    "aws:efs/backupPolicy:BackupPolicy": Calls(
        source="efs/backup_policy.go",
        create="elasticfilesystem: PutBackupPolicy",
        read="elasticfilesystem: DescribeBackupPolicy",
        update="elasticfilesystem: PutBackupPolicy",
        delete="elasticfilesystem: PutBackupPolicy DescribeBackupPolicy",
        linked="backup.amazonaws.com",
    ),
    "aws:efs/mountTarget:MountTarget": Calls(
        source="efs/mount_target.go",
        create="elasticfilesystem: CreateMountTarget ec2: DescribeSubnets",
        read="elasticfilesystem: DescribeMountTargets DescribeMountTargetSecurityGroups",
        update="elasticfilesystem: ModifyMountTargetSecurityGroups "
        "ec2: ModifyNetworkInterfaceAttribute",
        delete="elasticfilesystem: DeleteMountTarget DescribeMountTargets "
        "ec2: DeleteNetworkInterface",
        also="ec2: DescribeSubnets DescribeNetworkInterfaces CreateNetworkInterface",
        because=_EFS_PAGE,
    ),
    "aws:s3/bucket:Bucket": Calls(
        source="s3/bucket.go",
        create="s3: CreateBucket PutBucketTagging TagResource",
        read="s3: ListBucket GetBucketLocation GetBucketPolicy GetBucketAcl GetBucketCORS "
        "GetBucketWebsite GetBucketVersioning GetAccelerateConfiguration GetBucketRequestPayment "
        "GetBucketLogging GetLifecycleConfiguration GetReplicationConfiguration "
        "GetEncryptionConfiguration GetBucketObjectLockConfiguration GetBucketTagging "
        "ListTagsForResource",
        update="s3: PutBucketTagging TagResource UntagResource",
        delete="s3: DeleteBucket ListBucket ListBucketVersions DeleteObject DeleteObjectVersion",
        on=_OBJECTS,
        named="bucket",
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _of_bucket(
        "bucket_ownership_controls.go", "BucketOwnershipControls"
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _of_bucket(
        "bucket_public_access_block.go", "BucketPublicAccessBlock"
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        _of_bucket("bucket_server_side_encryption_configuration.go", "EncryptionConfiguration")
    ),
    "aws:s3/bucketPolicy:BucketPolicy": Calls(
        source="s3/bucket_policy.go",
        create="s3: PutBucketPolicy",
        read="s3: GetBucketPolicy",
        update="s3: PutBucketPolicy",
        delete="s3: DeleteBucketPolicy",
        on=_BUCKET,
    ),
    "aws:s3/bucketObjectv2:BucketObjectv2": Calls(
        source="s3/object.go",
        create="s3: PutObject PutObjectTagging AbortMultipartUpload",
        read="s3: GetObject GetObjectTagging",
        update="s3: PutObject PutObjectTagging DeleteObjectTagging",
        delete="s3: DeleteObject",
        on={"s3": _OBJECTS["s3"][:1]},
    ),
}
