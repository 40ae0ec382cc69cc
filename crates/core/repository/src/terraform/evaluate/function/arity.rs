//! How many arguments Terraform's functions take at most.

/// The most arguments, and the functions that take no more. Others take as many as they are given.
const AT_MOST: [(usize, &str); 4] = [
    (0, "plantimestamp timestamp uuid"),
    (
        1,
        "abs abspath alltrue anytrue base64decode base64encode base64gzip base64sha256 base64sha512 basename ceil \
         chomp cidrnetmask compact csvdecode dirname distinct file filebase64 filebase64sha256 filebase64sha512 \
         fileexists filemd5 filesha1 filesha256 filesha512 flatten floor jsondecode jsonencode keys length lower md5 \
         nonsensitive one pathexpand reverse sensitive sha1 sha256 sha512 signum sort strrev sum title tobool tolist \
         tomap tonumber toset tostring transpose trimspace upper urlencode values yamldecode yamlencode",
    ),
    (
        2,
        "chunklist cidrhost contains element endswith fileset formatdate indent index log parseint pow regex regexall \
         rsadecrypt setsubtract split startswith strcontains templatefile textdecodebase64 textencodebase64 timeadd \
         timecmp trim trimprefix trimsuffix uuidv5 zipmap",
    ),
    (3, "cidrsubnet lookup matchkeys range replace slice substr"),
];

/// What is wrong with a function that is given so many arguments.
pub(super) fn too_many(name: &str, given: usize) -> Option<String> {
    let known = |names: &str| names.split_whitespace().any(|one| one == name);
    let (most, _) = AT_MOST.iter().find(|(_, names)| known(names))?;
    let plural = if *most == 1 { "" } else { "s" };
    (given > *most).then(|| format!("takes at most {most} argument{plural}, and is given {given}"))
}
