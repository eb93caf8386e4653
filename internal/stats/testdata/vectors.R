# Makes r.json: what R says of the statistics of this package, on its own data sets, for the test of the package.
#
# Usage: Rscript vectors.R > r.json
#
# The form is that of vectors.json. No package beyond R's own is needed.

numbers <- function(v) paste0("[", paste(ifelse(is.na(v), "null", sprintf("%.17g", as.numeric(v))), collapse = ", "), "]")
fields <- function(l, write) paste0("{", paste(sprintf("\"%s\": %s", names(l), sapply(l, write)), collapse = ", "), "}")
one <- function(v) sprintf("%.17g", v)

found <- list()
add <- function(what, want, x = c(), y = c(), p = list()) {
  if (length(p) == 0) names(p) <- character(0)
  text <- sprintf("{\"x\": %s, \"y\": %s, \"p\": %s, \"want\": %s}", numbers(x), numbers(y),
    if (length(p) == 0) "{}" else fields(p, one), fields(want, numbers))
  found[[what]] <<- c(found[[what]], text)
}
numbers0 <- numbers
numbers <- function(v) if (length(v) == 0) "[]" else numbers0(v)

# Mann-Whitney and Hodges-Lehmann: R's estimate is of x - y, ours of the second less the first.
pairs <- list(
  permeability = list(c(1.15, 0.88, 0.90, 0.74, 1.21), c(0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46)),
  sleep = list(c(0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.05, 2), c(1.9, 0.81, 1.1, 0.1, -0.11, 4.4, 5.5, 1.6, 4.6, 3.41)),
  women = list(women$height + 0.01 * seq_along(women$height)^2, women$weight / 2)
)
for (pair in pairs) for (level in c(0.9, 0.95)) {
  w <- wilcox.test(pair[[2]], pair[[1]], exact = TRUE, conf.int = TRUE, conf.level = level)
  add("mann_whitney", list(u = w$statistic, p = w$p.value, exact = 1), pair[[1]], pair[[2]])
  add("hodges_lehmann", list(estimate = w$estimate, interval = w$conf.int), pair[[1]], pair[[2]], list(confidence = level))
}
# With ties, and where R approximates: the P alone, R finds its interval by a search of limited precision.
tied <- split(airquality$Ozone, airquality$Month)
for (month in c("6", "7")) {
  a <- na.omit(tied[["5"]]); b <- na.omit(tied[[month]])
  w <- suppressWarnings(wilcox.test(b, a, exact = FALSE))
  add("mann_whitney", list(u = w$statistic, p = w$p.value, exact = 0), a, b)
}

for (p in list(c(0.01, 0.02, 0.03, 0.04, 0.05), c(0.001, 0.5, 0.02, 0.02, 1, 0.0004))) {
  add("holm", list(p = p.adjust(p, "holm")), p)
}

add("spearman", list(rho = cor(mtcars$hp, mtcars$mpg, method = "spearman"), ranks = rank(mtcars$hp)), mtcars$hp, mtcars$mpg)

for (i in 1:4) {
  x <- anscombe[[i]]; y <- anscombe[[i + 4]]
  f <- lm(y ~ x)
  add("fit_line", list(slope = coef(f)[2], intercept = coef(f)[1], r2 = summary(f)$r.squared, interval = confint(f)[2, ]), x, y,
    list(confidence = 0.95))
}
f <- lm(log(dist) ~ log(speed), cars)
add("fit_power", list(slope = coef(f)[2], intercept = exp(coef(f)[1]), r2 = summary(f)$r.squared, interval = confint(f)[2, ]),
  cars$speed, cars$dist, list(confidence = 0.95))
f <- lm(log(dist) ~ speed, cars)
add("fit_exponential", list(slope = coef(f)[2], intercept = exp(coef(f)[1]), r2 = summary(f)$r.squared, interval = confint(f)[2, ]),
  cars$speed, cars$dist, list(confidence = 0.95))

add("series", list(acf = acf(lh, plot = FALSE)$acf[1:6]), as.numeric(lh))
add("series", list(acf = acf(Nile, plot = FALSE)$acf[1:6]), as.numeric(Nile))

for (x in list(faithful$eruptions, faithful$waiting, sort(as.numeric(Nile)), precip)) {
  x <- sort(as.numeric(x))
  add("density", list(silverman = bw.nrd0(x), sheather_jones = bw.SJ(x)), x)
}

cat("{\n", paste(sprintf("\"%s\": [\n%s\n]", names(found), sapply(found, paste, collapse = ",\n")), collapse = ",\n"), "\n}\n", sep = "")
